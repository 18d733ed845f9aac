/**
 * The one addition to Lab's bundler: `src/` and the compiled `lib/` both say `../server-bridge/src/protocol/x.js`;
 * the compiled form of that project lies in `lib/protocol` (its own tsconfig), so bundling takes it from there.
 */
const path = require('node:path');

module.exports = {
  resolve: {
    alias: { [path.resolve(__dirname, 'server-bridge/src/protocol')]: path.resolve(__dirname, 'lib/protocol') }
  }
};
