import { compareWithDvc } from './compare.js';

compareWithDvc('root');
