import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { REPOSITORY } from '../../scripts/action-metadata.ts'
import { releaseNotes } from '../../scripts/release-notes.ts'

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Job {
  readonly 'timeout-minutes'?: number
  readonly permissions?: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
}

interface Workflow {
  readonly on: unknown
  readonly permissions?: unknown
  readonly concurrency?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

const read = (file: string) => readFileSync(join(REPOSITORY, file), 'utf8')
const names = readdirSync(join(REPOSITORY, '.github/workflows')).sort()
const texts = names.map((name) => [name, read(`.github/workflows/${name}`)] as const)
const workflows = texts.map(([name, text]) => [name, parse(text) as Workflow] as const)
const jobs = workflows.flatMap(([name, workflow]) =>
  Object.entries(workflow.jobs).map(([id, job]) => [`${name}, ${id}`, job] as const),
)

/** What may be written, and by which job: everything else only reads. */
const WRITES: Readonly<Record<string, readonly string[]>> = {
  'codeql.yml, analyze': ['security-events'],
  'major-tag.yml, move': ['contents'],
  'release.yml, draft': ['attestations', 'contents', 'id-token'],
  'scorecard.yml, scorecard': ['id-token', 'security-events'],
}

describe('the workflows of this repository', () => {
  test('use actions by commit, with the version beside it, and each in one version', () => {
    const pins = new Map<string, Set<string>>()
    const unpinned = texts.flatMap(([name, text]) =>
      [...text.matchAll(/^.*\buses: *(\S+)(.*)$/gm)].flatMap(([line, uses = '', comment = '']) => {
        if (uses === './' || uses === './emulator') return []
        const [, action = '', commit] = /^([\w.-]+\/[\w./-]+)@([0-9a-f]{40})$/.exec(uses) ?? []
        if (commit === undefined || !/^ # v\d+\.\d+\.\d+$/.test(comment))
          return [`${name}: ${line}`]
        const repository = action.split('/').slice(0, 2).join('/')
        pins.set(repository, (pins.get(repository) ?? new Set()).add(commit + comment))
        return []
      }),
    )
    expect(unpinned).toEqual([])
    const several = [...pins].filter(([, versions]) => versions.size > 1)
    expect(several).toEqual([])
    expect(pins.size).toBeGreaterThan(5)
  })

  test.each(workflows)('%s gives nothing to all jobs, and runs once a branch', (_, workflow) => {
    expect(workflow.permissions).toEqual({})
    expect(workflow.concurrency).toBeDefined()
    expect(JSON.stringify(workflow.on)).not.toMatch(/pull_request_target|workflow_run/)
  })

  test.each(jobs)('%s: has a time limit, and writes no more than it must', (name, job) => {
    expect(job['timeout-minutes']).toBeLessThanOrEqual(45)
    const granted = Object.entries(job.permissions ?? {})
    expect(granted.length).toBeGreaterThan(0)
    const written = granted.filter(([, level]) => level !== 'read').map(([scope]) => scope)
    expect(written.sort()).toEqual(WRITES[name] ?? [])
  })

  test.each(jobs)(
    '%s: leaves no token in the checkout, and puts no text into a script',
    (_, job) => {
      for (const { uses = '', run = '', with: given } of job.steps) {
        if (uses.startsWith('actions/checkout@')) {
          expect(given).toMatchObject({ 'persist-credentials': false })
        }
        // What an expression gives would be read as a part of the script.
        expect(run).not.toContain('$' + '{{')
      }
    },
  )

  test('nothing of a release comes from a cache', () => {
    const release = workflows.find(([name]) => name === 'release.yml')?.[1]
    const text = JSON.stringify(release)
    expect(text).not.toMatch(/"cache(-[\w-]+)?":/)
    expect(text).toContain('"package-manager-cache":false')
  })
})

describe('dependabot', () => {
  const { updates } = parse(read('.github/dependabot.yml'))

  test.each(['npm', 'github-actions'])('waits some days with %s, and groups it', (ecosystem) => {
    const [entry, ...others] = updates.filter(
      (update: Record<string, unknown>) => update['package-ecosystem'] === ecosystem,
    )
    expect(others).toEqual([])
    expect(entry.cooldown['default-days']).toBeGreaterThanOrEqual(7)
    expect(Object.keys(entry.groups).length).toBeGreaterThan(0)
  })
})

describe('the issue forms', () => {
  const folder = '.github/ISSUE_TEMPLATE'
  const forms = readdirSync(join(REPOSITORY, folder)).filter((name) => name !== 'config.yml')

  test.each(forms)('%s has what GitHub needs to show it', (name) => {
    const form = parse(read(`${folder}/${name}`))
    expect(form).toMatchObject({
      name: expect.any(String),
      description: expect.any(String),
      body: expect.any(Array),
    })
    const fields = form.body.filter(({ type }: { type: string }) => type !== 'markdown')
    const ids = fields.map(({ id }: { id: string }) => id)
    expect(new Set(ids).size).toBe(fields.length)
    for (const { type, attributes } of fields) {
      expect(['input', 'textarea', 'dropdown']).toContain(type)
      expect(attributes.label).toMatch(/\S/)
      if (type === 'dropdown') {
        expect(new Set(attributes.options).size).toBe(attributes.options.length)
      }
    }
    expect(fields.some((field: { validations?: object }) => field.validations)).toBe(true)
  })

  test('that for a bug asks for the version and the log', () => {
    const { body } = parse(read(`${folder}/bug.yml`))
    const required = body.flatMap((field: { id: string; validations?: { required: boolean } }) =>
      field.validations?.required ? [field.id] : [],
    )
    expect(required).toEqual(expect.arrayContaining(['version', 'workflow', 'log']))
  })
})

describe('the text of a release', () => {
  const changelog =
    '# Changelog\n\n## [1.2.0] - 2026-01-02\n\n### Added\n\n- New.\n\n## [1.1.0]\n\n- Old.\n'

  test('is the section of the changelog, and how to check what was released', () => {
    const notes = releaseNotes(changelog, 'v1.2.0', 'owner/deploy-game-server')
    expect(notes.startsWith('### Added\n\n- New.\n\n## How to check this release\n')).toBe(true)
    expect(notes).not.toContain('Old')
    expect(notes).toContain(
      '--signer-workflow owner/deploy-game-server/.github/workflows/release.yml',
    )
    expect(notes).toContain('--source-ref refs/tags/v1.2.0')
    expect(releaseNotes(changelog, 'v1.1.0', 'o/r').startsWith('- Old.\n\n## How to')).toBe(true)
  })

  test('is refused for a version that the changelog does not have', () => {
    expect(() => releaseNotes(changelog, 'v1.2', 'o/r')).toThrow('no section [1.2]')
  })
})
