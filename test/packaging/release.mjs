// Two builds pack to the same bytes, and npm would publish them. npm run packaging
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const npm = (...args) => execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], shell: process.platform === 'win32' })

function hashOfPackage() {
  const folder = mkdtempSync(join(tmpdir(), 'express-smile-id-release-'))
  try {
    npm('pack', '--silent', '--ignore-scripts', '--pack-destination', folder)
    const [tarball] = readdirSync(folder)
    return createHash('sha256').update(readFileSync(join(folder, tarball))).digest('hex')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const first = hashOfPackage()
rmSync(join(root, 'dist'), { recursive: true, force: true })
npm('run', '--silent', 'build')
const second = hashOfPackage()
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
