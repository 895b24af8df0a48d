import { describe, expect, test } from 'vitest'
import {
  buildCommentBody,
  groupInMarker,
  readMarker,
  writeMarker,
} from '../../src/github/comment-body.ts'
import { cleanView, type RunView } from '../../src/github/run-view.ts'
import { toLine } from '../../src/runner/plain-text.ts'
import { Redactor } from '../../src/runner/redactor.ts'
import type { Outcome } from '../../src/state/state.ts'
import { markdownToText } from '../harness/markdown-text.ts'
import { hostileTexts } from '../report/hostile-texts.ts'
import { deploying, viewOf } from './stage.ts'

const RUN = { id: 9_007, number: 7, attempt: 2 }

function build(view: RunView, group = ''): string {
  return buildCommentBody(view, {
    marker: { group, run: RUN, isOver: view.outcome !== undefined },
    sha: 'c'.repeat(40),
    commitUrl: `https://github.com/octo/game/commit/${'c'.repeat(40)}`,
    runUrl: 'https://github.com/octo/game/actions/runs/9007/attempts/2',
    wallMs: Date.UTC(2026, 10, 25, 12, 30),
  })
}

/** Markdown without the block of addresses. */
const outsideOfBlocks = (body: string) => body.replace(/^(`{3,})text\n[\s\S]*?\n\1$/gm, '')

describe('the comment', () => {
  test('of one server gives the address to copy and what else a reviewer wants to know', () => {
    expect(markdownToText(build(viewOf()))).toBe(
      [
        '✅ my-game 1.4.2 is up in Montreal',
        '─'.repeat(33),
        '',
        '    a1b2c3.pr.example.com:31504',
        '',
        'Provider     Edgegap',
        'Version      1.4.2',
        'Image        registry.example.com/my-game:1.4.2',
        'Location     Montreal',
        'Deployment   a1b2c3',
        `Commit       ccccccc <https://github.com/octo/game/commit/${'c'.repeat(40)}>`,
        'Took         12.3 s',
        'Updated      2026-11-25 12:30 UTC',
        'Run          run 7 <https://github.com/octo/game/actions/runs/9007/attempts/2>',
      ].join('\n'),
    )
  })

  test('while deploying shows no address', () => {
    const text = markdownToText(build(deploying()))
    expect(text).toContain('⏳ my-game 1.4.2 is being deployed')
    expect(text).not.toContain('31504')
  })

  test('of a failure says why', () => {
    const text = markdownToText(build(viewOf({ outcome: 'failed', error: 'It crashed: code 137' })))
    expect(text).toContain('❌ my-game 1.4.2 failed')
    expect(text).toContain('It crashed: code 137.')
  })

  test('of several servers lists and counts them', () => {
    const [one] = viewOf().deployments
    if (!one) throw new Error('no deployment')
    const deployments = [one, { ...one, location: 'Tokyo', outcome: 'failed' as const }]
    const text = markdownToText(build(viewOf({ outcome: 'failed', deployments })))
    expect(text).toContain('1 of 2 servers are up.')
    expect(text).toContain('Tokyo')
  })

  test.each<[Outcome, string]>([
    ['succeeded', '✅ my-game 1.4.2 is up in Montreal'],
    ['started', '🚀 my-game 1.4.2 was started in Montreal'],
    ['stopped', '🛑 my-game 1.4.2 is stopped'],
    ['failed', '❌ my-game 1.4.2 failed'],
    ['rejected', '❌ my-game 1.4.2 was refused'],
    ['timed-out', '⏱️ my-game 1.4.2 was not ready in time'],
    ['cancelled', '🚫 The deploy of my-game 1.4.2 was cancelled'],
    ['planned', '📝 The deploy of my-game 1.4.2 was planned'],
  ])('of a run that %s is headed %j', (outcome, heading) => {
    const [first] = markdownToText(build(viewOf({ outcome }))).split('\n')
    expect(first).toBe(heading)
  })

  test('of a stop whose end is not waited for says no more than that', () => {
    const view = viewOf({ outcome: 'stopped', isBeingStopped: true })
    const [first] = markdownToText(build(view)).split('\n')
    expect(first).toBe('🛑 my-game 1.4.2 is being stopped')
  })

  test.each<[Outcome, boolean]>([
    ['succeeded', true],
    ['started', true],
    ['stopped', false],
    ['failed', false],
    ['timed-out', false],
    ['cancelled', false],
  ])('of a server that %s shows its address: %s', (outcome, isShown) => {
    expect(build(viewOf({ outcome })).includes('```text')).toBe(isShown)
  })

  test('of a server without an address has no empty block', () => {
    const deployments = viewOf().deployments.map((one) => ({ ...one, address: '' }))
    expect(build(viewOf({ deployments }))).not.toContain('```')
  })

  test('of a server that is nameless, somewhere, still says what happened', () => {
    const nameless = viewOf({ application: '', version: '' })
    expect(build(nameless)).toContain('### ✅ The server is up in Montreal')
    expect(build({ ...nameless, version: '2' })).toContain('### ✅ 2 is up')
    expect(build({ ...viewOf(), version: '' })).toContain('### ✅ my&#45;game is up')
    const nowhere = viewOf().deployments.map((one) => ({ ...one, location: '' }))
    expect(build(viewOf({ deployments: nowhere }))).toContain('1.4.2 is up\n')
    expect(build(viewOf({ deployments: [] }))).toContain('1.4.2 is up\n')
  })

  test('without a page of the run or the commit names them all the same', () => {
    const context = { marker: { group: '', run: RUN, isOver: true }, wallMs: 0 }
    const none = { commitUrl: undefined, runUrl: undefined }
    const named = buildCommentBody(viewOf(), { ...context, ...none, sha: 'c'.repeat(40) })
    expect(named).toContain('| Commit | <code>ccccccc</code> |')
    expect(named).toContain('| Run | run 7 |')
    expect(named).toContain('| Updated | 1970-01-01 00:00 UTC |')
    const marker = { group: '', run: { id: 9_007, number: 0, attempt: 1 }, isOver: true }
    const bare = buildCommentBody(viewOf(), { ...none, marker, wallMs: 0, sha: undefined })
    expect(bare).not.toContain('Commit')
    expect(bare).toContain('| Run | run 9007 |')
  })

  test('has no empty paragraph where nothing failed', () => {
    expect(build(viewOf())).not.toMatch(/\n{3}/)
  })

  test.each([50, 51, 60])('of %i servers lists 50 and counts the others', (count) => {
    const [one] = viewOf().deployments
    if (!one) throw new Error('no deployment')
    const deployments = Array.from({ length: count }, (_, index) => {
      return { ...one, id: `id${index}`, location: `City ${index}`, address: `host${index}:1` }
    })
    const text = markdownToText(build(viewOf({ deployments })))
    expect(text).toContain(`${count} of ${count} servers are up.`)
    expect(text.match(/^City \d+/gm)).toHaveLength(50)
    expect(text.match(/^ {4}host\d+:1/gm)).toHaveLength(50)
    expect(/(\d+) more are not listed/.exec(text)?.[1]).toBe(
      count === 50 ? undefined : String(count - 50),
    )
    // What only one server has is in the list.
    expect(text).not.toContain('Deployment   id0')
    expect(text).toMatch(/is up\n/)
  })

  test('of several servers says which are still deploying', () => {
    const [one] = viewOf().deployments
    if (!one) throw new Error('no deployment')
    const second = { ...one, location: 'Tokyo', outcome: undefined, address: '', id: '' }
    const body = build(viewOf({ outcome: undefined, deployments: [one, second] }))
    expect(body).toContain('| Tokyo | deploying |  |  |')
    expect(body).toContain('| Montreal | succeeded |')
    expect(body).toContain('1 of 2 servers are up.\n')
  })

  test('cuts a long error and long names', () => {
    const long = 'x'.repeat(1_000)
    const body = build(viewOf({ outcome: 'failed', error: long, image: long, application: long }))
    expect(body.length).toBeLessThan(2_000)
    expect(body).toContain('1000 characters')
  })

  test('has no cells without a value', () => {
    const bare = viewOf({ image: '', version: '', seconds: undefined, deployments: [] })
    expect(build(bare)).not.toContain('—')
  })

  test('stays below the limit of GitHub, with its marker whole', () => {
    const [one] = viewOf().deployments
    if (!one) throw new Error('no deployment')
    const long = '@<'.repeat(5_000)
    const deployments = Array.from({ length: 2_000 }, () => {
      return { ...one, id: long, location: long, address: long }
    })
    const body = build(viewOf({ deployments, error: long, application: long, image: long }))
    expect(body.length).toBeLessThan(65_536)
    expect(readMarker(body)).toEqual({ group: '', run: RUN, isOver: true })
  })
})

describe('whatever texts come in', () => {
  test('no element, mention, image, link or reference of theirs comes out', () => {
    for (const text of hostileTexts) {
      const port = { name: text, protocol: text, address: text }
      const deployment = { id: text, location: text, address: text, ports: [port] }
      const deployments = [{ ...deployment, outcome: 'succeeded' as const }]
      const parts = { provider: text, application: text, version: text, image: text, error: text }
      const view = cleanView(viewOf({ ...parts, deployments }), (dirty) => toLine(dirty))
      const body = build(view, text)
      const [marker = '', ...rest] = outsideOfBlocks(body).split('\n')
      expect(readMarker(marker)?.group).toBe(text.slice(0, 200).toWellFormed())
      const shown = rest.join('\n')
      const elements = new Set(shown.match(/<[^>]*>?/g))
      expect([...elements].filter((tag) => !['<code>', '</code>'].includes(tag))).toEqual([])
      expect(shown).not.toMatch(/@(?!\u200b)|!\[|`/)
      const targets = [...shown.matchAll(/\]\(([^)]*)\)/g)].map(([, url]) => url)
      expect(targets.every((url) => url?.startsWith('https://github.com/octo/game/'))).toBe(true)
    }
  })

  test('no secret comes out', () => {
    const redactor = new Redactor()
    redactor.add('hunter2-hunter2')
    const view = viewOf({ error: 'password hunter2-hunter2 was refused' })
    const body = build(cleanView(view, (text) => toLine(redactor.clean(text))))
    expect(body).not.toContain('hunter2')
    expect(body).toContain('was refused')
  })
})

describe('the marker', () => {
  test.each([
    [
      { id: 9_007, number: 7, attempt: 2 },
      { id: 9_007, number: 7, attempt: 2 },
    ],
    [
      { id: 0, number: 0, attempt: 1 },
      { id: 0, number: 0, attempt: 1 },
    ],
    [
      { id: 0, number: 0, attempt: 0 },
      { id: 0, number: 0, attempt: 1 },
    ],
  ])('of run %j is read as %j', (run, read) => {
    const marker = { group: '', run, isOver: true }
    expect(readMarker(writeMarker(marker))).toEqual({ ...marker, run: read })
  })

  test('holds as much of a long group as it can, and the same for each of its runs', () => {
    const group = `${'x'.repeat(199)}🎮`
    const marker = { group, run: RUN, isOver: false }
    expect(readMarker(writeMarker(marker))?.group).toBe(groupInMarker(group))
    expect(groupInMarker(group)).toBe(`${'x'.repeat(199)}\ufffd`)
    expect(groupInMarker('x'.repeat(200))).toBe('x'.repeat(200))
  })

  test('is one line that nothing in a group can end', () => {
    const line = writeMarker({ group: '--> <img src=x> \n<!--', run: RUN, isOver: true })
    expect(line).toMatch(/^<!-- deploy-game-server group=[^<>\s]* [^<>]* -->$/)
  })

  test.each([
    ['', 'empty'],
    ['<!-- deploy-game-server -->', 'without fields'],
    ['<!-- deploy-game-server group= run=1 number=1 attempt=1 state=done -->', 'of another state'],
    ['<!-- deploy-game-server group= run=x number=1 attempt=1 state=over -->', 'of no run'],
    ['<!-- deploy-game-server group=a b run=1 number=1 attempt=1 state=over -->', 'of two groups'],
    [
      `<!-- deploy-game-server group= run=${'1'.repeat(17)} number=1 attempt=1 state=over -->`,
      'of a run beyond all numbers',
    ],
    ['<!-- other-action group= run=1 number=1 attempt=1 state=over -->', 'of another tool'],
  ])('%j is none (%s)', (body) => {
    expect(readMarker(body)).toBeUndefined()
  })

  test('with a group that cannot be decoded is read as it stands', () => {
    const body = '<!-- deploy-game-server group=%E0%A4%A run=1 number=1 attempt=1 state=over -->'
    expect(readMarker(body)?.group).toBe('%E0%A4%A')
  })

  test.each(['', 'pr-12', 'a b', '--> <b>', 'größe/ü', '%', 'x=y'])(
    'of group %j is read back',
    (group) => {
      const marker = { group, run: RUN, isOver: false }
      expect(readMarker(`${writeMarker(marker)}\r\nbody`)).toEqual(marker)
    },
  )

  test('counts at the very beginning only', () => {
    const marker = writeMarker({ group: '', run: RUN, isOver: true })
    expect(readMarker(`> ${marker}`)).toBeUndefined()
    expect(readMarker(` ${marker}`)).toBeUndefined()
    expect(readMarker(`text\n${marker}`)).toBeUndefined()
  })
})
