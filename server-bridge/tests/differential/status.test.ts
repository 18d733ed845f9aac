import { compareWithDvc } from './compare.js';

compareWithDvc('status');
