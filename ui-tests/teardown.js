/** Remove what the tests' JupyterLab wrote. */
const fs = require('fs');

module.exports = () => {
  fs.rmSync(process.env.JLAB_TEST_DIR, { recursive: true, force: true });
};
