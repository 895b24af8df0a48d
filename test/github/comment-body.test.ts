import { describe, expect, test } from 'vitest'
import { buildCommentBody, readMarker, writeMarker } from '../../src/github/comment-body.ts'
import { cleanView, type RunView } from '../../src/github/run-view.ts'
import { toLine } from '../../src/runner/plain-text.ts'
import { Redactor } from '../../src/runner/redactor.ts'
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
