/**
 * Packs what a release brings: the actions with their bundles, the source maps, the sums of both, and
 * the text. Builds the bundles again, and refuses to pack others than those that are committed.
 *
 * Usage: node scripts/pack-release.ts TAG FOLDER (the names of the archives end in TAG)
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BUNDLES, build } from './bundles.ts'
import { releaseNotes } from './release-notes.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** What somebody needs who runs the actions from the archive. */
const PACKED = [
  ...['action.yml', 'dist', 'emulator/action.yml', 'emulator/dist', 'emulator/README.md'],
  ...['README.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE'],
]

const [tag = '', target = ''] = process.argv.slice(2)
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
if (tag !== `v${version}` || target === '') {
  console.error(`Usage: node scripts/pack-release.ts v${version} FOLDER`)
  console.error('The tag has to be the version of package.json.')
  process.exit(1)
}

const folder = resolve(target)
const assets = join(folder, 'assets')
mkdirSync(assets, { recursive: true })
const repository = process.env.GITHUB_REPOSITORY ?? 'OWNER/deploy-game-server'
const changelog = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')
writeFileSync(join(folder, 'notes.md'), releaseNotes(changelog, tag, repository))

const temporary = mkdtempSync(join(tmpdir(), 'release-'))
try {
  const maps = join(temporary, 'maps')
  for (const bundle of BUNDLES) {
    const built = join(temporary, bundle.folder)
    await build(bundle, built, join(maps, bundle.folder))
    refuseOther(bundle.folder, built)
  }
  pack(`deploy-game-server-${tag}.tar.gz`, ROOT, PACKED)
  pack(
    `source-maps-${tag}.tar.gz`,
    maps,
    BUNDLES.map(({ folder }) => folder),
  )
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
const sums = readdirSync(assets).filter((name) => name.endsWith('.tar.gz'))
writeFileSync(join(assets, 'SHA256SUMS'), sums.sort().map(sumLine).join(''))
console.log(`Packed ${sums.join(', ')} into ${assets}`)

/** @throws Error where the committed bundle has another file, or another text in one */
function refuseOther(committed: string, built: string): void {
  const names = new Set([...readdirSync(join(ROOT, committed)), ...readdirSync(built)])
  for (const name of names) {
    const [ours, theirs] = [join(ROOT, committed, name), join(built, name)].map((file) =>
      readFileSync(file, 'latin1'),
    )
    if (ours !== theirs) throw new Error(`${committed}/${name} is not what the source gives`)
  }
}

/** The same files give the same bytes: sorted, and without times, owners and names of people. */
function pack(name: string, from: string, files: readonly string[]): void {
  const same = [
    '--sort=name',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=a+rX,u+w,go-w',
  ]
  const tar = execFileSync('tar', ['-c', ...same, '-C', from, ...files], { maxBuffer: 2 ** 28 })
  // Not by tar, which would note the time.
  writeFileSync(
    join(assets, name),
    execFileSync('gzip', ['-n9'], { input: tar, maxBuffer: 2 ** 28 }),
  )
}

function sumLine(name: string): string {
  const sum = createHash('sha256')
    .update(readFileSync(join(assets, name)))
    .digest('hex')
  return `${sum}  ${name}\n`
}
