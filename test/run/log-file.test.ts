import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeLogFile } from '../../src/run/log-file.ts'

let root: string
let folder: string
const asIs = (text: string) => text
const LOG = { lines: ['a', 'b'], isCut: false }

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'log-file-'))
  folder = join(root, 'logs')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('the file of a log', () => {
  it.each([
    '../../escape',
    '..',
    '.',
    '/etc/passwd',
    'a/b',
    'a\\b',
    'c:d',
    '\0',
    '',
    'x'.repeat(500),
  ])('stands in its folder, whatever the id: %j', async (id) => {
    const path = await writeLogFile(folder, id, LOG, asIs)
    expect(readdirSync(root)).toEqual(['logs'])
    const [name = '', ...more] = readdirSync(folder)
    expect(more).toEqual([])
    expect(join(folder, name)).toBe(path)
    expect(name).toMatch(/^[A-Za-z0-9_-]{1,100}\.log$/)
    expect(lstatSync(path).isFile()).toBe(true)
  })

  it.each([0, 1, 500, 1_234])('has every line of %i, and how the process ended', async (length) => {
    const lines = Array.from({ length }, (_, index) => `line ${index}\n`)
    const log = { lines: lines.map((line) => line.trim()), isCut: false, crash: 'exit code 1' }
    const path = await writeLogFile(folder, 'a', log, asIs)
    expect(readFileSync(path, 'utf8')).toBe(`${lines.join('')}[Process: exit code 1]\n`)
  })

  it('is not made where something stands in the way of its folder', async () => {
    writeFileSync(folder, 'mine')
    await expect(writeLogFile(folder, 'a', LOG, asIs)).rejects.toThrow()
    expect(readFileSync(folder, 'utf8')).toBe('mine')
  })

  it('makes the folders above its own', async () => {
    const path = await writeLogFile(join(folder, 'of', 'today'), 'a', LOG, asIs)
    expect(readFileSync(path, 'utf8')).toBe('a\nb\n')
  })

  it('says so where a file is in the place of its folder', async () => {
    writeFileSync(folder, '')
    await expect(writeLogFile(folder, 'a', LOG, asIs)).rejects.toMatchObject({ code: 'ENOTDIR' })
  })

  it.runIf(process.platform === 'linux')('gives up where no folder can be made', async () => {
    const impossible = writeLogFile('/proc/deploy-game-server/logs', 'a', LOG, asIs)
    await expect(impossible).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('says first that it is not whole, where it is not', async () => {
    const path = await writeLogFile(folder, 'a', { ...LOG, isCut: true }, asIs)
    const [first, ...rest] = readFileSync(path, 'utf8').split('\n')
    expect(first).toMatch(/^\[This log is not whole: .*32 MB/)
    expect(rest).toEqual(['a', 'b', ''])
  })

  it('holds no secret, neither in a line nor in how the process ended', async () => {
    const log = { lines: ['key', 'no'], isCut: false, crash: 'key' }
    const path = await writeLogFile(folder, 'a', log, (text) => text.replaceAll('key', '***'))
    expect(readFileSync(path, 'utf8')).toBe('***\nno\n[Process: ***]\n')
  })

  it('takes the place of an older one, and of what a killed run left half done', async () => {
    mkdirSync(folder)
    writeFileSync(join(folder, 'a.log'), 'old')
    writeFileSync(join(folder, 'a.log.part'), 'half')
    const path = await writeLogFile(folder, 'a', LOG, asIs)
    expect(readFileSync(path, 'utf8')).toBe('a\nb\n')
    expect(readdirSync(folder)).toEqual(['a.log'])
  })

  it('never goes where a link leads', async () => {
    const elsewhere = join(root, 'elsewhere')
    mkdirSync(folder)
    writeFileSync(elsewhere, 'mine')
    for (const name of ['a.log', 'a.log.part']) symlinkSync(elsewhere, join(folder, name))
    await writeLogFile(folder, 'a', LOG, asIs)
    expect(readFileSync(elsewhere, 'utf8')).toBe('mine')
    expect(lstatSync(join(folder, 'a.log')).isFile()).toBe(true)
  })

  it('is not there at all where writing it fails, and nothing half done is left', async () => {
    const redact = () => {
      throw new Error('no')
    }
    await expect(writeLogFile(folder, 'a', LOG, redact)).rejects.toThrow('no')
    expect(readdirSync(folder)).toEqual([])
  })

  it('tells why writing it failed, also where the half of it is gone by then', async () => {
    const redact = () => {
      rmSync(join(folder, 'a.log.part'))
      throw new Error('out of words')
    }
    await expect(writeLogFile(folder, 'a', LOG, redact)).rejects.toThrow('out of words')
  })

  it('does not take the place of a folder', async () => {
    mkdirSync(join(folder, 'a.log'), { recursive: true })
    await expect(writeLogFile(folder, 'a', LOG, asIs)).rejects.toThrow()
    expect(lstatSync(join(folder, 'a.log')).isDirectory()).toBe(true)
    expect(readdirSync(folder)).toEqual(['a.log'])
  })
})
