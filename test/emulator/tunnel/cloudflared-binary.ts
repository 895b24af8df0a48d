import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RealPart } from './real-part.ts'

/**
 * The one package of the registry that holds Cloudflare's own linux-amd64 build. It is somebody
 * else's, so its bytes are checked before they are ever run; it is for tests only.
 */
export const CLOUDFLARED_PACKAGE = '@camera.ui/cloudflared-linux-x64@2026.9.1-cui.1'
const SHA256 = '03f1f25d1cc93b9ad6c60569d44060bc4f17ed97075760ed8cfca4b12dcd68cc'

export const CLOUDFLARED_FOLDER = fileURLToPath(
  new URL('../../../node_modules/.cache/cloudflared-2026.9.1-cui.1', import.meta.url),
)

let remembered: RealPart | undefined

/** The real cloudflared, hashed before it is ever run, or why not. */
export function findCloudflared(): RealPart {
  remembered ??= look()
  return remembered
}

/** True on machines that the package is for. */
export function canRunCloudflared(): boolean {
  return process.platform === 'linux' && process.arch === 'x64'
}

function look(): RealPart {
  if (!canRunCloudflared())
    return { reason: 'skipped: the cloudflared of the tests is for linux-x64' }
  const path = join(CLOUDFLARED_FOLDER, 'cloudflared')
  if (!existsSync(path)) {
    return {
      reason: 'skipped: cloudflared could not be fetched from npm (npm test tries it again)',
    }
  }
  const sum = createHash('sha256').update(readFileSync(path)).digest('hex')
  if (sum !== SHA256) {
    throw new Error(`${path} is not the pinned cloudflared: its SHA-256 is ${sum}`)
  }
  return { path }
}
