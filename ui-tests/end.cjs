const { rmSync } = require('node:fs');

/** Takes the folder of this run away. */
module.exports = () => rmSync(process.env.CELLAR_UI_FOLDER, { recursive: true, force: true, maxRetries: 5 });
