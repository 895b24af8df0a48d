import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listFolder } from '../../../src/net/tar-folder.ts'
import { findBuildFiles } from '../../../src/provider/rockit-edge/build-files.ts'

/** A folder with these files, each of one byte. */
function folderOf(...names: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'build-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), 'x')
  }
  return folder
}

function fileOf(content: string | Buffer): string {
  const path = join(folderOf(), 'build')
  writeFileSync(path, content)
  return path
}

/** Undefined when it is closed meanwhile. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

async function problemOf(path: string): Promise<unknown> {
  return await findBuildFiles(path).catch((thrown) => thrown)
}

const CHECK_INPUT = 'Nothing was sent. Check the input build.'
const PACK_IT =
  'Make it with `tar -cf` from within the folder of the game, or name the folder itself.'

describe('a path that', () => {
  it('leads nowhere is named', async () => {
    const path = join(folderOf(), 'missing')
    expect(await problemOf(path)).toMatchObject({
      kind: 'unusable-input',
      message: `The build cannot be used: There is no ${path}.`,
      next: CHECK_INPUT,
    })
  })

  it('cannot be followed is named with the reason', async () => {
    const path = join(fileOf('x'), 'below')
    expect(await problemOf(path)).toMatchObject({
      message: `The build cannot be used: ${path} cannot be read (ENOTDIR).`,
      next: CHECK_INPUT,
    })
  })

  // There a file exists that opens and cannot be read.
  it.runIf(process.platform === 'linux')('opens and cannot be read is named', async () => {
    expect(await problemOf('/proc/self/mem')).toMatchObject({
      kind: 'unusable-input',
      message: expect.stringMatching(
        /^The build cannot be used: \/proc\/self\/mem cannot be read: .*EIO.*\.$/,
      ),
      next: CHECK_INPUT,
    })
  })
})

describe('a file that is no tar', () => {
  it.each([
    ['gzip', '1f8b0800'],
    ['zstd', '28b52ffd'],
    ['xz', 'fd377a585a00'],
    ['bzip2', '425a6839'],
    ['zip', '504b0304'],
  ])('is said to be compressed where it is: %s', async (_name, start) => {
    const path = fileOf(Buffer.concat([Buffer.from(start, 'hex'), Buffer.alloc(600, 'x')]))
    expect(await problemOf(path)).toMatchObject({
      message: `The build cannot be used: ${path} is not an uncompressed tar file, but a compressed one.`,
      next: PACK_IT,
    })
  })

  it('is not said to be compressed where it only holds such bytes', async () => {
    const path = fileOf(Buffer.concat([Buffer.alloc(1), Buffer.from('1f8b', 'hex')]))
    expect(await problemOf(path)).toMatchObject({
      message: `The build cannot be used: ${path} is not an uncompressed tar file.`,
      next: PACK_IT,
    })
  })

  it('and holds nothing is said to be empty', async () => {
    const path = fileOf('')
    expect(await problemOf(path)).toMatchObject({
      message: `The build cannot be used: ${path} is empty and so not an uncompressed tar file.`,
      next: PACK_IT,
    })
  })
})

describe('a folder', () => {
  it.each([
    [['game'], '1 file'],
    [['game', 'data/level', 'data/music'], '3 files'],
  ])('with %j is summed up as %s', async (names, summary) => {
    expect(await findBuildFiles(folderOf(...names))).toMatchObject({ summary })
  })

  it('counts links as files, and other folders not', async () => {
    const folder = folderOf('game')
    mkdirSync(join(folder, 'empty'))
    symlinkSync('game', join(folder, 'link'))
    expect(await findBuildFiles(folder)).toMatchObject({ summary: '2 files' })
  })

  it('without files is no build, whatever folders it has', async () => {
    const folder = folderOf()
    mkdirSync(join(folder, 'empty/too'), { recursive: true })
    expect(await problemOf(folder)).toMatchObject({
      message: `The build cannot be used: The folder ${folder} holds no files.`,
      next: CHECK_INPUT,
    })
  })

  it.each([
    [1, 1, ''],
    [5, 5, ''],
    [6, 5, '; and 1 more'],
    [8, 5, '; and 3 more'],
  ])('with %i bad links is refused, and %i of them are named', async (count, named, end) => {
    const folder = folderOf('game')
    for (let number = 1; number <= count; number += 1) {
      symlinkSync('nowhere', join(folder, `link${number}`))
    }
    const links = Array.from({ length: named }, (_, index) => {
      return `${join(folder, `link${index + 1}`)} is a link that leads nowhere (nowhere)`
    })
    expect(await problemOf(folder)).toMatchObject({
      kind: 'unusable-input',
      message: `The build cannot be used: ${links.join('; ')}${end}.`,
      next: CHECK_INPUT,
    })
  })
})

describe('a link in a folder', () => {
  const OUT_AND_IN = (folder: string) => `../${basename(folder)}/game`

  it.each([
    ['one that leads elsewhere', () => '../..'],
    ['one that comes back in by the name of the folder', OUT_AND_IN],
  ])('that leaves the folder is named, also %s', async (_name, targetOf) => {
    const folder = folderOf('game')
    const [link, target] = [join(folder, 'link'), targetOf(folder)]
    symlinkSync(target, link)
    expect(await problemOf(folder)).toMatchObject({
      message: `The build cannot be used: ${link} is a link that leaves the folder (${target}).`,
      next: CHECK_INPUT,
    })
  })

  // Elsewhere it stands between the parts of a path.
  it.runIf(process.platform !== 'win32')('may lead to a name with a backslash', async () => {
    const folder = folderOf('a\\b')
    symlinkSync('a\\b', join(folder, 'link'))
    const { entries } = await listFolder(folder)
    expect(entries.map(({ target }) => target)).toContain('a\\b')
  })
})

describe('a tar file', () => {
  const header = () => {
    const block = Buffer.alloc(1024)
    block.write('game', 0)
    block.write('0000644\0', 100)
    block.write('ustar', 257)
    block.fill(' ', 148, 156)
    const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0)
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    return block
  }

  it('is summed up as that, and found through a link', async () => {
    const path = fileOf(header())
    const link = join(folderOf(), 'link.tar')
    symlinkSync(path, link)
    expect(await findBuildFiles(link)).toMatchObject({ summary: 'a tar file', sizeBytes: 1024 })
  })

  // There the open files of a process are to be seen.
  it.runIf(process.platform === 'linux')('is not kept open until it is sent', async () => {
    const path = fileOf(header())
    await findBuildFiles(path)
    const open = readdirSync('/proc/self/fd').map((name) => linkOf(`/proc/self/fd/${name}`))
    expect(open.length).toBeGreaterThan(2)
    expect(open).not.toContain(realpathSync(path))
  })

  it('that changes before it is sent is sent no further', async () => {
    const path = fileOf(header())
    const files = await findBuildFiles(path)
    truncateSync(path, 700)
    const readAll = async () => {
      for await (const _chunk of files.open());
    }
    await expect(readAll()).rejects.toMatchObject({
      kind: 'unusable-input',
      message: expect.stringMatching(/changed while it was uploaded/),
    })
  })
})
