import { execFileSync } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import {
  appendFile,
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Entry, tarBytes } from '../../../src/net/tar.ts'
import { findBuildFiles } from '../../../src/provider/rockit-edge/build-files.ts'

let root: string
const build = () => join(root, 'build')

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tar-'))
  await mkdir(build())
})

afterEach(() => rm(root, { recursive: true }))

async function put(name: string, content: string | Buffer = name): Promise<string> {
  const path = join(build(), name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
  return path
}

async function pack(): Promise<{ file: string; bytes: Buffer; promised: number }> {
  const files = await findBuildFiles(build())
  const file = join(root, 'build.tar')
  await pipeline(files.open(), createWriteStream(file))
  return { file, bytes: await readFile(file), promised: files.sizeBytes }
}

const long = (length: number) => 'n'.repeat(length)

describe('a folder', () => {
  it('becomes an archive of exactly the promised length, which tar unpacks to the same', async () => {
    const names = [
      'game',
      'empty',
      `${long(99)}`,
      `${long(100)}`,
      `${long(101)}`,
      `${long(120)}/${long(120)}/${long(200)}`,
      'größe/日本語.txt',
      'with blank/and\nbreak',
      '-rf',
    ]
    for (const name of names) await put(name, name === 'empty' ? '' : name.repeat(300))
    await put('exactly', Buffer.alloc(512, 'x'))
    await mkdir(join(build(), 'no files/in here'), { recursive: true })
    await mkdir(join(build(), long(150)))
    await symlink(`../${long(100)}`, join(build(), 'größe/link'))
    await chmod(join(build(), 'game'), 0o755)
    await utimes(join(build(), 'game'), 1_600_000_000, 1_600_000_000)
    const { file, bytes, promised } = await pack()
    expect(bytes.length).toBe(promised)
    const out = join(root, 'out')
    await mkdir(out)
    execFileSync('tar', ['-xf', file, '-C', out])
    execFileSync('diff', ['-r', build(), out])
    const game = await lstat(join(out, 'game'))
    expect([game.mode & 0o777, game.mtimeMs]).toEqual([0o755, 1_600_000_000_000])
    expect(await readlink(join(out, 'größe/link'))).toBe(`../${long(100)}`)
  })

  it('gives the same bytes each time, in the order of names', async () => {
    for (const name of ['b', 'a/z', 'a/b', 'B', 'a.b', 'ä']) await put(name)
    const first = await pack()
    expect((await pack()).bytes.equals(first.bytes)).toBe(true)
    const listed = execFileSync('tar', ['-tf', first.file, '--quoting-style=literal'])
    expect(listed.toString().trim().split('\n')).toEqual(
      ['./', './B', './a/', './a/b', './a/z', './a.b', './b', './ä'].sort((x, y) =>
        order(x) < order(y) ? -1 : 1,
      ),
    )

    // A folder stands where its name does, without the slash at its end.
    function order(name: string): string {
      return name.replace(/\/$/, '').replaceAll('/', '\0')
    }
  })

  it('may hold files of more than eight gibibytes', () => {
    const entry: Entry = {
      name: './huge',
      path: '',
      type: 'file',
      sizeBytes: 20 * 1024 ** 3 + 1,
      mode: 0o644,
      modifiedMs: 0,
    }
    expect(tarBytes([entry])).toBe(512 + 20 * 1024 ** 3 + 512 + 1024)
  })

  it('may be named by a link', async () => {
    await put('game')
    const link = join(root, 'latest')
    await symlink(build(), link)
    expect(await findBuildFiles(link)).toMatchObject({ summary: '1 file' })
  })

  it('of holes is read bit by bit', async () => {
    await truncate(await put('holes'), 5 * 1024 * 1024 + 7)
    const { bytes, promised } = await pack()
    expect(bytes.length).toBe(promised)
  })
})

describe('a file', () => {
  it('is taken when it is a tar, whoever made it', async () => {
    await put('game')
    for (const format of ['ustar', 'gnu', 'pax', 'v7']) {
      const file = join(root, `${format}.tar`)
      execFileSync('tar', ['-cf', file, '--format', format, '-C', build(), '.'])
      const files = await findBuildFiles(file)
      const chunks: Uint8Array[] = []
      for await (const chunk of files.open()) chunks.push(chunk)
      expect(Buffer.concat(chunks).equals(await readFile(file))).toBe(true)
      expect(files.sizeBytes).toBe((await readFile(file)).length)
    }
  })

  it('that grows while it is sent is not given to its end', async () => {
    await put('game', 'x'.repeat(200_000))
    const file = join(root, 'game.tar')
    execFileSync('tar', ['-cf', file, '-C', build(), '.'])
    const { sizeBytes, open } = await findBuildFiles(file)
    let givenBytes = 0
    const sending = async () => {
      for await (const chunk of open()) {
        givenBytes += chunk.length
        await appendFile(file, 'more')
      }
    }
    await expect(sending()).rejects.toThrow(/game.tar changed while it was uploaded/)
    expect(givenBytes).toBeLessThan(sizeBytes)
  })

  it('is refused when it is compressed, empty or anything else', async () => {
    await put('game')
    const packed = join(root, 'game.tar.gz')
    execFileSync('tar', ['-czf', packed, '-C', build(), '.'])
    await expect(findBuildFiles(packed)).rejects.toThrow(
      /not an uncompressed tar file, but a compressed one/,
    )
    await expect(findBuildFiles(await put('empty', ''))).rejects.toThrow(
      /not an uncompressed tar file\./,
    )
    await expect(findBuildFiles(await put('zeros', Buffer.alloc(2048)))).rejects.toThrow(
      /not an uncompressed/,
    )
    await expect(findBuildFiles(await put('text', 'x'.repeat(2048)))).rejects.toThrow(
      /not an uncompressed/,
    )
    await expect(findBuildFiles('/dev/null')).rejects.toThrow(/neither a folder nor a file/)
  })
})
