import { createHash, randomUUID } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { access, chmod, copyFile, mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type DownloadReply, download } from '../../../net/download.ts'
import { HttpFailure } from '../../../net/request.ts'
import { type TransportContext, TunnelFailure } from '../tunnel.ts'
import { CLOUDFLARED_VERSION, PINS, type Pin, type Pins } from './pins.ts'

const DOWNLOAD_MS = 20_000
/** Three times today's size. */
const MAX_BYTES = 128 * 1024 * 1024

/** Where the pinned binary comes from. Another than the official one is for tests. */
export interface BinarySource {
  baseUrl: URL
  version: string
  pins: Pins
  platform: string
  arch: string
}

export function officialSource(): BinarySource {
  return {
    baseUrl: new URL('https://github.com/cloudflare/cloudflared/releases/download/'),
    version: CLOUDFLARED_VERSION,
    pins: PINS,
    platform: process.platform,
    arch: process.arch,
  }
}

/**
 * The cloudflared to run: the user's own as it is, or the pinned one, out of the tool cache or from
 * its release. Whatever is not the user's own is hashed before every use.
 *
 * @param ownPath the user's own binary; nothing is downloaded then
 * @throws TunnelFailure `hash-mismatch` when something else came than is pinned
 */
export async function provideBinary(
  context: TransportContext,
  ownPath: string | undefined,
  source: BinarySource,
): Promise<string> {
  if (ownPath !== undefined) return await checkOwn(resolve(ownPath))
  const pin = source.pins[`${source.platform}-${source.arch}`]
  if (!pin) {
    const machine = `${source.platform} on ${source.arch}`
    throw new TunnelFailure(
      'unavailable',
      `no cloudflared is pinned for ${machine}; cloudflared-path can name your own`,
    )
  }
  const place = cachePlace(context.environment.RUNNER_TOOL_CACHE, source)
  if (place !== undefined && (await isCached(context, place, pin))) return place
  const fresh = await fetchPinned(context, pin, source)
  await chmod(fresh, 0o755)
  return place === undefined ? fresh : await moveInto(place, fresh)
}

async function checkOwn(path: string): Promise<string> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
  if (!isFile) throw new TunnelFailure('unavailable', `cloudflared-path: there is no file ${path}`)
  if (!(await isExecutable(path))) {
    throw new TunnelFailure('unavailable', `cloudflared-path: ${path} is not executable`)
  }
  return path
}

function cachePlace(toolCache: string | undefined, source: BinarySource): string | undefined {
  if (!toolCache) return undefined
  const { version, arch, platform } = source
  const name = platform === 'win32' ? 'cloudflared.exe' : 'cloudflared'
  return join(toolCache, 'deploy-game-server', 'cloudflared', version, arch, name)
}

async function isCached(context: TransportContext, place: string, pin: Pin): Promise<boolean> {
  const sum = await sha256Of(place)
  if (sum === pin.binarySha256) {
    // The hash says nothing about the mode, which may have been lost when a cache was restored.
    if (!(await isExecutable(place))) await chmod(place, 0o755).catch(() => {})
    return await isExecutable(place)
  }
  if (sum !== undefined) {
    context.log('The cloudflared in the tool cache is not the pinned one: it is downloaded again.')
    await rm(place, { force: true }).catch(() => {})
  }
  return false
}

async function isExecutable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** Downloads to the private folder. What it gives has the pinned hash; what has not is deleted. */
async function fetchPinned(
  context: TransportContext,
  pin: Pin,
  source: BinarySource,
): Promise<string> {
  const { baseUrl, version } = source
  const folder = await context.privateFolder()
  const file = join(folder, pin.asset)
  context.log(`Fetching cloudflared ${version} from ${baseUrl.host}.`)
  const reply = await fetchAsset(context, new URL(`${version}/${pin.asset}`, baseUrl), file)
  if (reply.sha256 === undefined) {
    throw new TunnelFailure(
      'service',
      `cloudflared could not be fetched from ${baseUrl.host}: status ${reply.status}`,
    )
  }
  await requireSum(file, reply.sha256, pin.archiveSha256 ?? pin.binarySha256)
  if (pin.archiveSha256 === undefined) return file
  const binary = await unpack(context, file, folder)
  await requireSum(binary, await sha256Of(binary), pin.binarySha256)
  return binary
}

async function fetchAsset(
  context: TransportContext,
  url: URL,
  toFile: string,
): Promise<DownloadReply> {
  const { signal, environment } = context
  const leftMs = context.opensUntilMs - context.clock.nowMs()
  const deadlineMs = Math.min(DOWNLOAD_MS, leftMs)
  try {
    return await download({ url, toFile, maxBytes: MAX_BYTES, deadlineMs, signal, environment })
  } catch (thrown) {
    if (!(thrown instanceof HttpFailure)) throw thrown
    throw new TunnelFailure('service', `cloudflared could not be fetched: ${thrown.message}`)
  }
}

async function requireSum(file: string, sum: string | undefined, pinned: string): Promise<void> {
  if (sum === pinned) return
  await rm(file, { force: true })
  throw new TunnelFailure(
    'hash-mismatch',
    `the cloudflared that came is not the pinned one (SHA-256 ${sum ?? 'of nothing'} instead of ${pinned})`,
  )
}

async function unpack(context: TransportContext, archive: string, folder: string): Promise<string> {
  const tar = context.spawn('/usr/bin/tar', ['-xzf', archive, '-C', folder, 'cloudflared'], {})
  const { code, reason } = await tar.ended
  if (code !== 0) {
    throw new TunnelFailure('unavailable', `cloudflared could not be unpacked (tar: ${reason})`)
  }
  await rm(archive, { force: true })
  return join(folder, 'cloudflared')
}

/**
 * Moves the binary to its place in one step, so that another job never finds half of it. A tool
 * cache that cannot be written to, or a binary in use there (Windows), costs a download next time.
 */
async function moveInto(place: string, fresh: string): Promise<string> {
  const beside = `${place}.${randomUUID()}`
  try {
    await mkdir(dirname(place), { recursive: true })
    await rename(fresh, place).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EXDEV') throw error
      await copyFile(fresh, beside)
      await rename(beside, place)
    })
    return place
  } catch {
    await rm(beside, { force: true }).catch(() => {})
    return fresh
  }
}

/** Undefined where there is no such file. */
async function sha256Of(file: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
    return hash.digest('hex')
  } catch {
    return undefined
  }
}
