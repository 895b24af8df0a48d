import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findBuildFiles } from '../../../src/provider/rockit-edge/build-files.ts'

/** To the superuser every file is readable, so for a moment this process is nobody. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return await work()
  process.seteuid?.(65_534)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
  }
}

test('a file that may not be read is named before anything is sent', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'build-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  chmodSync(folder, 0o755)
  writeFileSync(join(folder, 'game'), 'x')
  writeFileSync(join(folder, 'secret'), 'x')
  chmodSync(join(folder, 'secret'), 0)
  await asNobody(async () => {
    await expect(findBuildFiles(folder)).rejects.toMatchObject({
      kind: 'unusable-input',
      message: expect.stringMatching(/secret cannot be read \(EACCES\)/),
    })
  })
})
