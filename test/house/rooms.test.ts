import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test.each(['wait', 'webhook', 'probe', 'report', 'net'])('src/%s names no provider', (room) => {
  const folder = join('src', room)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const naming = files
    .filter((name) => name.endsWith('.ts'))
    .filter((name) => /edgegap|rockit/i.test(readFileSync(join(folder, name), 'utf8')))
  expect(naming).toEqual([])
})
