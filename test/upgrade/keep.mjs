// Keeps the build as it is now, for the rolling switch of the versions after it: node test/upgrade/keep.mjs
// Run it at the tag of a release, before the next one is made. The first was made of the commit that brought this test: 0.1.0 gives events other ids,
// so that nothing before it can run beside 0.2.0.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const kept = fileURLToPath(new URL('previous.tgz', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'express-smile-id-kept-'))
try {
  execFileSync(process.execPath, ['build.js'], { cwd: root, stdio: 'inherit' })
  // What a process runs: no declarations, no command line, no pages.
  execFileSync('cp', ['-r', join(root, 'dist'), folder])
  rmSync(join(folder, 'dist/cli'), { recursive: true })
  const { name, version, type, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version, type, dependencies }))
  // The same sources give the same file.
  const steady = [
    '--sort=name',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--exclude=*.d.*ts',
    '--exclude=*.cjs',
  ]
  execFileSync('tar', [...steady, '--use-compress-program=gzip -9n', '-cf', kept, '-C', folder, 'dist', 'package.json'])
} finally {
  rmSync(folder, { recursive: true, force: true })
}
