import { compareWithDvc } from './compare.js';

compareWithDvc('checkout');
