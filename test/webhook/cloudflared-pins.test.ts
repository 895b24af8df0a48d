import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { describe, test } from 'vitest'
import { CLOUDFLARED_VERSION, PINS, type Pins } from '../../src/webhook/tunnels/cloudflared/pins.ts'
import { findCloudflared } from '../emulator/tunnel/cloudflared-binary.ts'
import { sha256, startReleases } from './cloudflared-releases.ts'

const found = findCloudflared()

describe('the pins', () => {
  test('hold the sum of the binary that the tests run, and one for each machine of GitHub', ({
    expect,
  }) => {
    if (found.path !== undefined) {
      expect(PINS['linux-x64']?.binarySha256).toBe(sha256(readFileSync(found.path)))
    }
    expect(Object.keys(PINS).sort()).toEqual([
      'darwin-arm64',
      'darwin-x64',
      'linux-arm64',
      'linux-x64',
      'win32-arm64',
      'win32-x64',
    ])
    for (const { asset, archiveSha256, binarySha256 } of Object.values(PINS)) {
      expect(binarySha256).toMatch(/^[0-9a-f]{64}$/)
      expect(archiveSha256 !== undefined).toBe(asset.endsWith('.tgz'))
    }
    expect(CLOUDFLARED_VERSION).toMatch(/^20\d\d\.\d+\.\d+$/)
  })

  test('are written by the script from the bytes of a release', async (context) => {
    const { expect } = context
    const folder = mkdtempSync(join(tmpdir(), 'pins-test-'))
    context.onTestFinished(() => rmSync(folder, { recursive: true }))
    const inner = Buffer.from('the binary')
    writeFileSync(join(folder, 'cloudflared'), inner)
    execFileSync('tar', ['-czf', join(folder, 'a.tgz'), '-C', folder, 'cloudflared'])
    const archive = readFileSync(join(folder, 'a.tgz'))
    const { baseUrl, requests } = await startReleases(context, ({ url = '' }, response) =>
      response.end(url.endsWith('.tgz') ? archive : url),
    )
    const output = join(folder, 'pins.ts')
    const script = join(import.meta.dirname, '../../scripts/pin-cloudflared.ts')
    const run = promisify(execFile)
    await run(process.execPath, [script, '2027.1.2', '--from', baseUrl.href, '--to', output])
    const print = `console.log(JSON.stringify(await import('${pathToFileURL(output)}')))`
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', print])
    const made = JSON.parse(stdout) as { PINS: Pins; CLOUDFLARED_VERSION: string }
    expect(made.CLOUDFLARED_VERSION).toBe('2027.1.2')
    expect(Object.keys(made.PINS)).toEqual(Object.keys(PINS))
    const path = '/download/2027.1.2/cloudflared-linux-arm64'
    expect(made.PINS['linux-arm64']?.binarySha256).toBe(sha256(Buffer.from(path)))
    expect(made.PINS['darwin-arm64']).toEqual({
      asset: 'cloudflared-darwin-arm64.tgz',
      archiveSha256: sha256(archive),
      binarySha256: sha256(inner),
    })
    expect(requests).toHaveLength(5)
  })
})
