import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { RealPart } from './real-part.ts'

const PACKAGE = '@camera.ui/cloudflared-linux-x64'
/** Cloudflare's own linux-amd64 build of 2026.9.1: the package is somebody else's. */
const SHA256 = '03f1f25d1cc93b9ad6c60569d44060bc4f17ed97075760ed8cfca4b12dcd68cc'

let remembered: RealPart | undefined

/** The real cloudflared of the test dependency, hashed before it is ever run, or why not. */
export function findCloudflared(): RealPart {
  remembered ??= look()
  return remembered
}

function look(): RealPart {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { reason: 'skipped: the cloudflared test dependency is for linux-x64' }
  }
  let path: string
  try {
    const manifest = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`)
    path = join(dirname(manifest), 'cloudflared')
  } catch {
    return { reason: `skipped: ${PACKAGE} is not installed` }
  }
  const sum = createHash('sha256').update(readFileSync(path)).digest('hex')
  if (sum !== SHA256)
    throw new Error(`${path} is not the pinned cloudflared: its SHA-256 is ${sum}`)
  return { path }
}
