// Two builds pack to the same bytes, and npm would publish them. npm run packaging
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const npmIn = (cwd, ...args) => execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], shell: process.platform === 'win32' })

function hashOfPackage(cwd) {
  const folder = mkdtempSync(join(tmpdir(), 'express-smile-id-release-'))
  try {
    npmIn(cwd, 'pack', '--silent', '--ignore-scripts', '--pack-destination', folder)
    const [tarball] = readdirSync(folder)
    return createHash('sha256').update(readFileSync(join(folder, tarball))).digest('hex')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

// Not in place: others use dist meanwhile.
function hashOfAnotherBuild() {
  const copy = mkdtempSync(join(tmpdir(), 'express-smile-id-again-'))
  const isSource = (path) => !['node_modules', 'dist', '.git'].includes(basename(path))
  try {
    for (const name of readdirSync(root).filter(isSource)) cpSync(join(root, name), join(copy, name), { recursive: true, filter: isSource })
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction')
    npmIn(copy, 'run', '--silent', 'build')
    return hashOfPackage(copy)
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

const first = hashOfPackage(root)
const second = hashOfAnotherBuild()
if (first !== second) {
  console.error(`Two builds pack to different bytes: ${first} and ${second}.`)
  process.exit(1)
}
// Provenance is asked for where the release runs, and has to be left out elsewhere.
const { status, stderr } = spawnSync('npm', ['publish', '--dry-run', '--ignore-scripts', '--provenance=false'], { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' })
const corrected = stderr.split('\n').filter((line) => /corrected|removed|cleaned/.test(line))
if (status !== 0 || corrected.length > 0) {
  console.error(`npm would not publish package.json as it is:\n${corrected.length > 0 ? corrected.join('\n') : stderr}`)
  process.exit(1)
}
console.log(`Two builds pack to the same bytes (sha256 ${first}), and npm would publish them as they are.`)
