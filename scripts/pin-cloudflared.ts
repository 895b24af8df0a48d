/**
 * Pins a release of cloudflared: downloads its assets, hashes them and writes the table that the
 * action trusts. To be run by maintainers, on a machine with `tar` and the internet; compare what
 * it writes with the sums in the release's text before committing it.
 *
 * Usage: node scripts/pin-cloudflared.ts VERSION [--from BASE_URL] [--to FILE]
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

interface Pin {
  asset: string
  archiveSha256?: string
  binarySha256: string
}

const ASSETS: Record<string, string> = {
  'linux-x64': 'cloudflared-linux-amd64',
  'linux-arm64': 'cloudflared-linux-arm64',
  'darwin-x64': 'cloudflared-darwin-amd64.tgz',
  'darwin-arm64': 'cloudflared-darwin-arm64.tgz',
  'win32-x64': 'cloudflared-windows-amd64.exe',
  'win32-arm64': 'cloudflared-windows-amd64.exe',
}
/** What is written above an entry. */
const REMARKS: Record<string, string> = {
  'win32-arm64':
    'No release has a build for Windows on Arm, which runs the other one by emulation.',
}
const TABLE = fileURLToPath(new URL('../src/webhook/tunnels/cloudflared/pins.ts', import.meta.url))

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    from: {
      type: 'string',
      default: 'https://github.com/cloudflare/cloudflared/releases/download/',
    },
    to: { type: 'string', default: TABLE },
  },
})
const [version = ''] = positionals
if (!/^\d{4}\.\d{1,2}\.\d{1,2}$/.test(version)) {
  console.error('Usage: node scripts/pin-cloudflared.ts VERSION [--from BASE_URL] [--to FILE]')
  process.exit(1)
}

const pins = new Map<string, Pin>()
for (const asset of new Set(Object.values(ASSETS))) pins.set(asset, await pin(asset))
writeFileSync(values.to, withTable(readFileSync(TABLE, 'utf8')))
console.log(`Wrote ${values.to}`)

async function pin(asset: string): Promise<Pin> {
  const url = new URL(`${version}/${asset}`, values.from)
  const reply = await fetch(url)
  if (!reply.ok) throw new Error(`${url}: status ${reply.status}`)
  const bytes = Buffer.from(await reply.arrayBuffer())
  if (!asset.endsWith('.tgz')) return { asset, binarySha256: sha256(bytes) }
  return { asset, archiveSha256: sha256(bytes), binarySha256: sha256(unpack(bytes)) }
}

function unpack(archive: Buffer): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'pin-cloudflared-'))
  try {
    writeFileSync(join(folder, 'archive.tgz'), archive)
    execFileSync('tar', ['-xzf', join(folder, 'archive.tgz'), '-C', folder, 'cloudflared'])
    return readFileSync(join(folder, 'cloudflared'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The file as it is, with another version, other sums and where they come from. */
function withTable(file: string): string {
  const source =
    '/*\n * Where the sums come from: recomputed on the bytes of the release, all of them.'
  const advice = file.slice(
    file.indexOf(' * A sum that is wrong'),
    file.indexOf('export const PINS'),
  )
  return (
    file
      .slice(0, file.indexOf('/*\n * Where the sums come from'))
      .replace(/CLOUDFLARED_VERSION = '.*'/, `CLOUDFLARED_VERSION = '${version}'`) +
    `${source}\n${advice}export const PINS: Pins = {\n${Object.keys(ASSETS).map(entry).join('')}}\n`
  )
}

function entry(machine: string): string {
  const found = pins.get(ASSETS[machine] ?? '')
  const remark = REMARKS[machine] ? `  // ${REMARKS[machine]}\n` : ''
  const fields = Object.entries(found ?? {}).map(([name, value]) => `    ${name}: '${value}',\n`)
  return `${remark}  '${machine}': {\n${fields.join('')}  },\n`
}
