import { compareWithDvc } from './compare.js';

compareWithDvc('add');
