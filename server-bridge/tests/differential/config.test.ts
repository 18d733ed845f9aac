import { compareWithDvc } from './compare.js';

compareWithDvc('config');
