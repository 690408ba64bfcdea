// Plain JavaScript, run before anything else: the pinned Node comes first in the PATH of npm
// scripts, and where there is none (macOS) an old one gets one line instead of a syntax error.
const needed = 24;

if (Number.parseInt(process.versions.node, 10) < needed) {
  process.stderr.write(`Nodeward needs Node.js ${needed} or newer and this is ${process.version}: run \`npm ci\` to get the pinned one, or install Node.js ${needed}.\n`);
  process.exit(2);
}
