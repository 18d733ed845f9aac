import { compareWithDvc } from './compare.js';

compareWithDvc('version');
