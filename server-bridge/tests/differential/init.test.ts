import { compareWithDvc } from './compare.js';

compareWithDvc('init');
