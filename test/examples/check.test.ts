import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { REPOSITORY, readActionFile } from '../../scripts/action-metadata.ts'
import { checkWorkflow } from '../../scripts/check-action.ts'
import { namesIn, OWN_USES, pages, readFile, usesOf, workflows } from './documents.ts'

const all = workflows()

describe.each(all)('$title', (workflow) => {
  test('is in order for GitHub: schema, expressions, inputs and outputs of this action', async () => {
    // Gitea and Forgejo write the whole address, which GitHub does not know.
    const text = workflow.text.replaceAll('uses: https://github.com/', 'uses: ')
    expect(await checkWorkflow({ ...workflow, text }, readActionFile())).toEqual([])
  })

  test('pins the actions of others to commits, with the version behind it', () => {
    for (const { uses, comment } of usesOf(workflow)) {
      if (OWN_USES.test(uses)) continue
      expect(uses).toMatch(/@[0-9a-f]{40}$/)
      expect(comment).toMatch(/^v\d+\.\d+\.\d+$/)
    }
  })

  test('puts no expression into a script: values go through env', () => {
    for (const script of scriptsOf(workflow.text)) expect(script).not.toContain('${{')
  })
})

describe.each(namesIn('examples', '.yml'))('examples/%s', (name) => {
  test('begins with what it is for', () => {
    expect(readFile(`examples/${name}`)).toMatch(/^# \S.*\n/)
  })
})

test.each(all.filter(({ file }) => file.startsWith('examples/') && !file.includes('gitea')))(
  '$title gives its token only the permissions that it names, and no job runs for ever',
  ({ text }) => {
    const workflow = parse(text) as { permissions?: unknown; jobs: Record<string, object> }
    expect(workflow.permissions).toBeDefined()
    for (const job of Object.values(workflow.jobs)) expect(job).toHaveProperty('timeout-minutes')
  },
)

test('nothing that runs with secrets for a pull request checks out code', () => {
  const trusted = all.filter(({ text }) => /^ {2}(?:pull_request_target|workflow_run):/m.test(text))
  expect(trusted.length).toBeGreaterThan(0)
  for (const { text } of trusted) expect(text).not.toContain('uses: actions/checkout')
})

describe.each(pages())('%s', (page) => {
  const text = readFile(page)

  test('has links that lead somewhere', () => {
    for (const target of linksOf(text)) {
      const [file = '', anchor] = target.split('#')
      const path = file === '' ? page : join(dirname(page), file)
      expect(existsSync(join(REPOSITORY, path)), target).toBe(true)
      if (anchor !== undefined && path.endsWith('.md')) {
        expect(anchorsOf(readFile(path)), target).toContain(anchor)
      }
    }
  })

  test('is reached from the README', () => {
    if (page !== 'README.md') expect(readFile('README.md')).toContain(`(${page}`)
  })
})

test('a workflow of the README is a file of examples/, word by word', () => {
  const files = namesIn('examples', '.yml').map((name) => withoutHead(readFile(`examples/${name}`)))
  const blocks = all.filter(({ file, text }) => file === 'README.md' && text.startsWith('name:'))
  expect(blocks.length).toBeGreaterThan(0)
  for (const { text } of blocks) expect(files).toContain(text)
})

test('every example is named on a page', () => {
  const text = pages().map(readFile).join('\n')
  for (const name of [...namesIn('examples', '.yml'), ...namesIn('examples', '.sh')]) {
    expect(text).toContain(`examples/${name}`)
  }
})

test('the README has at most 1500 words outside its tables of inputs and outputs', () => {
  const text = readFile('README.md')
    .replace(/<!-- inputs: begin -->.*<!-- inputs: end -->/s, '')
    .replace(/<!-- outputs: begin -->.*<!-- outputs: end -->/s, '')
  expect(text.match(/\S+/g)?.length).toBeLessThanOrEqual(1_500)
})

function withoutHead(text: string): string {
  return text.replace(/^(?:#.*\n)+\n/, '')
}

function scriptsOf(text: string): string[] {
  const { jobs } = parse(text) as { jobs: Record<string, { steps?: { run?: string }[] }> }
  return Object.values(jobs).flatMap(({ steps = [] }) => steps.flatMap(({ run }) => run ?? []))
}

/** Of links and pictures, those into this repository. */
function linksOf(markdown: string): string[] {
  const prose = markdown.replace(/^```.*?^```$/gms, '')
  return [...prose.matchAll(/(?:\]\(|\bsrc(?:set)?=")([^)\s"]+)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^https?:/.test(target))
}

/** As GitHub makes them of headings. */
function anchorsOf(markdown: string): string[] {
  const prose = markdown.replace(/^```.*?^```$/gms, '')
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  )
}

test('every message that troubleshooting quotes is one that the action has', () => {
  const source = namesIn('src', '.ts')
    .map((name) => readFile(`src/${name}`))
    .join('\n')
    .replaceAll("\\'", "'")
  const quoted = quotedMessages(readFile('docs/troubleshooting.md'))
  expect(quoted.length).toBeGreaterThan(50)
  for (const message of quoted) expect(source).toContain(message)
})

/** Code in the first column of the tables. */
function quotedMessages(markdown: string): string[] {
  const rows = markdown.split('\n').filter((line) => line.startsWith('| ') && line.includes('`'))
  return rows.flatMap((row) => {
    const [, first = ''] = row.split(' | ')[0]?.split('| ') ?? []
    return [...first.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text)
  })
}
