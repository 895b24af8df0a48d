import { describe, expect, test } from 'vitest'
import type { StatusPatch } from '../emulator/edgegap/script.ts'
import type { RunningStep } from '../harness/step.ts'
import type { StepResult } from '../harness/step-result.ts'
import {
  annotations,
  CREATE,
  deploy,
  expectAllOutputs,
  LOGS,
  onlyError,
  STOP,
  startEdgegap,
} from './deploy.ts'

const SECRET = 's3cret-of-the-studio'

/** What a provider, a game or whoever writes to its log may try. */
const hostile: Readonly<Record<string, string>> = {
  'sets an output': '::set-output name=address::evil.example:1',
  'sets an output after a break': 'x\n::set-output name=address::evil.example:1\n',
  'sets an output after a bare CR': 'x\r::set-output name=address::evil.example:1\r',
  'sets an output after odd breaks':
    'x\u2028::set-output name=a::b\u2029::set-output name=a::b\u0085::set-output name=a::b\v::error::x\f::error::x',
  'sets an output after odd blanks': '\u00a0\u3000\ufeff ::set-output name=address::evil.example:1',
  'sets an output in the older form': 'all is well ##[set-output name=address]evil.example:1',
  'saves a state': '##[save-state name=ledger][] ::save-state name=ledger::[]',
  'makes an annotation': 'x ##[error]forged ##[warning file=a.ts,line=1]forged',
  'hides its tracks': '::add-mask::Deploying\n##[add-mask]Deploying',
  'stops commands': '::stop-commands::pause-everything\n##[stop-commands]pause-everything',
  'ends the group': '::endgroup::\n##[endgroup]',
  'sets an environment variable': '::set-env name=NODE_OPTIONS::--eval x\n##[add-path]/tmp/evil',
  escapes: '%0A::set-output name=address::evil%0D%0A##[error]x %25%3A%3A',
  'ends a heredoc': 'EOF\nghadelimiter_x\naddress=evil\noutcome<<EOF\nsucceeded\nEOF',
  'paints the terminal': '\u001b[2J\u001b[31m\u0007\b\b\b \u009b31m red \u0000',
  'reverses the text': 'abc\u202edcba\u2066x',
  'has lone surrogates': 'a\ud800b\udc00c\udfff\ud83d',
  'is long': '#[`<|*'.repeat(20_000),
  'has long lines of breaks': '\n'.repeat(50_000),
  'is Markdown':
    '# H\n| a | b |\n|---|---|\n```\n![x](https://evil.example/p.png) [y](javascript:x) @octocat #1 **b** `c`',
  'is HTML':
    '</details></summary></code></td></table><img src="https://evil.example/p.png"><script>x</script><!-- <b>',
  'ends code blocks': '```\n````\n`````\n~~~\n</code></pre> ` `` ```',
  'holds the secret': `bearer ${SECRET} and ${encodeURIComponent(SECRET)}`,
  'holds the secret across a break': `${SECRET}\n${SECRET}::${SECRET}`,
}

/** The summary as Markdown shows it holds no element, image or link that came from outside. */
function expectHarmlessSummary({ summary, summarySizeBytes }: StepResult): void {
  expect(summarySizeBytes).toBeLessThan(1024 * 1024)
  const outsideOfLogs = summary.replace(/^(`{3,})(?:text|diff|mermaid)\n[\s\S]*?\n\1$/gm, '')
  const elements = outsideOfLogs.match(/<[^>]*>/g) ?? []
  const own = ['code', 'details', 'summary', 'table', 'tr', 'td']
    .flatMap((name) => [`<${name}>`, `</${name}>`])
    .concat('<th align="left">', '</th>', '<br>')
  expect(own).toEqual(expect.arrayContaining([...new Set(elements)]))
  expect(outsideOfLogs).not.toMatch(/\]\(|!\[|@octocat/)
  expect(outsideOfLogs.split('<details>')).toHaveLength(outsideOfLogs.split('</details>').length)
  for (const text of [summary, outsideOfLogs]) {
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/)
    expect(text.isWellFormed()).toBe(true)
  }
}

/** Nothing in the log but what this action means to say; `expectSound` looked at the commands. */
function expectHarmlessLog(step: StepResult): void {
  expect(step.rawStdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/)
  expect(step.rawStdout.isWellFormed()).toBe(true)
  expect(step.rawStderr).toBe('')
  expect(step.masks.filter((mask) => /Deploying|pause/.test(mask))).toEqual([])
  expect(step.droppedAnnotations).toBe(0)
  for (const { message } of step.annotations) expect(message.length).toBeLessThan(4_096)
}

function expectHarmlessOutputs(step: StepResult): void {
  expectAllOutputs(step)
  for (const value of Object.values(step.outputs)) {
    expect(value).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/)
    expect(value.isWellFormed()).toBe(true)
  }
}

function expectHarmless(step: StepResult): void {
  expectHarmlessLog(step)
  expectHarmlessOutputs(step)
  expectHarmlessSummary(step)
}

const texts = Object.entries(hostile)
/** Several in one, each short enough that none is cut: a run for each would take its time. */
const bundles = [0, 1, 2, 3].map((quarter) =>
  texts
    .filter((_, index) => index % 4 === quarter)
    .map(([, text]) => text.slice(0, 160))
    .join('\n'),
)
const withSecret = { 'secret-env': `KEY=${SECRET}` }
const options = { secrets: [SECRET] }

describe.concurrent('in every field of a status, a text that', () => {
  test.each(texts)('%s, does nothing while the server comes up', async (_name, text) => {
    const port = { name: text, internal: 7777, external: 30_000, protocol: text, link: text }
    const wire = {
      current_status: text,
      last_status: text,
      error_detail: text,
      fqdn: text,
      public_ip: text,
      ports: { [text]: port, __proto__: port, plain: { ...port, name: 'plain' } },
      location: { city: text, country: text, continent: text },
      app_name: text,
    }
    await using edgegap = await startEdgegap({
      script: [{ afterMs: 0, status: 'DEPLOYING', wire }],
    })
    const mainControl = async (step: RunningStep) => {
      // By then a check has brought the text.
      await step.waitForLine(/^::warning/, 20_000)
      const [made] = edgegap.deployments
      edgegap.setStatus(made?.id ?? '', {
        status: 'READY',
        wire: { current_status: 'READY', public_ip: '203.0.113.7' },
      })
    }
    const { main } = await deploy(edgegap, withSecret, { ...options, mainControl })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expectHarmless(main)
    // One about the unknown status, and one more where an output holds what is secret.
    const masked = annotations(main, 'warning').filter((text) =>
      /contain the secret value/.test(text),
    )
    expect(masked.length).toBeLessThanOrEqual(1)
    expect(annotations(main, 'warning')).toHaveLength(1 + masked.length)
    expect(main.annotations).toHaveLength(2 + masked.length)
    // These go into shell commands of workflows: what no host can be called gets nowhere.
    const { host, ip, address } = main.outputs
    expect([host, ip, address]).toEqual(['', '203.0.113.7', '203.0.113.7:30000'])
  })

  test('is long, leaves the next step in sight', async () => {
    const errorDetail = hostile['is long'] ?? ''
    await using edgegap = await startEdgegap({
      script: [{ afterMs: 0, status: 'ERROR', errorDetail }],
    })
    const { main } = await deploy(edgegap)
    expectHarmless(main)
    expect(onlyError(main)).toContain('Its log is in this step and in the summary.')
  })
})

describe.concurrent('texts that try all of it', () => {
  test.each(bundles)('do nothing where the server fails (%#)', async (text) => {
    const crash: StatusPatch = {
      logs: `${text}\n${text}`,
      crashLogs: text,
      crashData: { exit_code: 1, message: text, restart_count: 2 },
      logsLink: text,
    }
    await using edgegap = await startEdgegap({
      script: [{ afterMs: 0, status: 'ERROR', errorDetail: text, ...crash }],
    })
    const { main } = await deploy(edgegap, withSecret, options)
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
    expectHarmless(main)
    expect(main.annotations.map(({ level }) => level)).toEqual(['error'])
    expect(edgegap.live()).toEqual([])
  })
})

describe.concurrent('in an error reply, texts that try all of it', () => {
  test.each(bundles)('do nothing (%#)', async (text) => {
    await using edgegap = await startEdgegap()
    const body = { message: text, details: { [text]: text } }
    edgegap.faults.order({
      kind: 'status',
      status: 400,
      body,
      method: 'POST',
      path: CREATE,
      times: 1,
    })
    const refused = (await deploy(edgegap, withSecret, options)).main
    expect(refused.outputs.outcome).toBe('rejected')
    expectHarmless(refused)
    onlyError(refused)

    // No JSON this time, and in what only warns.
    edgegap.settings.script = [{ afterMs: 0, status: 'ERROR' }]
    edgegap.faults.order({ kind: 'status', status: 500, body: text, path: LOGS })
    edgegap.faults.order({ kind: 'status', status: 403, body: text, method: 'DELETE', path: STOP })
    const { main, post } = await deploy(edgegap, withSecret, options)
    expectHarmless(main)
    expect(main.annotations.map(({ level }) => level).sort()).toEqual([
      'error',
      'warning',
      'warning',
    ])
    if (post) expectHarmlessLog(post)
  })
})

describe.concurrent('a secret', () => {
  test('is masked before anything else is said, in every form that it may take', async () => {
    await using edgegap = await startEdgegap()
    const secret = 'p&ss w/rd=1'
    const { main } = await deploy(edgegap, { 'secret-env': `A=${secret}` }, { secrets: [secret] })
    const lines = main.rawStdout.split('\n')
    const firstOther = lines.findIndex((line) => !line.startsWith('::add-mask::'))
    expect(lines.findLastIndex((line) => line.startsWith('::add-mask::'))).toBeLessThan(firstOther)
    for (const form of [edgegap.settings.token, secret, encodeURIComponent(secret)]) {
      expect(main.masks).toContain(form)
    }
  })

  test.each([490, 790, 1_990])(
    'that a reply echoes is not shown in part where the text is cut (%i)',
    async (filler) => {
      await using edgegap = await startEdgegap()
      const secret = 'abcdefghijklmnopqrstuvwxyz0123456789'
      const body = `${'.'.repeat(filler)}${secret}`
      edgegap.faults.order({ kind: 'status', status: 400, body, method: 'POST', path: CREATE })
      const { main } = await deploy(edgegap, { 'secret-env': `A=${secret}` })
      const shown = main.rawStdout.replace(/^::add-mask::.*$/gm, '') + main.summary
      expect(shown + JSON.stringify(main.outputs)).not.toContain(secret.slice(0, 6))
    },
  )

  test('the token that the API echoes is not shown', async () => {
    await using edgegap = await startEdgegap()
    const { token } = edgegap.settings
    const body = { message: `token ${token} is not good enough` }
    edgegap.faults.order({ kind: 'status', status: 401, body, method: 'POST', path: CREATE })
    expect(onlyError((await deploy(edgegap)).main)).toContain('token *** is not good enough')
  })

  test('so short that hiding it would star out the log is warned of', async () => {
    await using edgegap = await startEdgegap()
    const { main } = await deploy(edgegap, { 'secret-env': 'A=1' })
    expect(main.exitCode).toBe(0)
    expect(annotations(main, 'warning')).toEqual([expect.stringContaining('fewer than four')])
  })
})

test('ports without number or measure keep the outputs within the runner’s limit', async () => {
  const ports = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, n) => [
      `p${n}`,
      { name: `p${n}`, internal: 1, external: (n % 60_000) + 1, protocol: 'UDP' },
    ]),
  )
  await using edgegap = await startEdgegap({
    script: [{ afterMs: 0, status: 'READY', wire: { ports } }],
  })
  const { main } = await deploy(edgegap)
  expect(main.exitCode).toBe(0)
  expectAllOutputs(main)
  expect(main.summarySizeBytes).toBeLessThan(1024 * 1024)
})
