import { describe, expect, test } from 'vitest'
import { error, never, ready } from '../emulator/edgegap/script.ts'
import { startServer } from '../emulator/server.ts'
import { freePort } from '../emulator/tunnel/loopback-server.ts'
import {
  annotations,
  CREATE,
  deploy,
  type Edgegap,
  expectAllOutputs,
  expectNothingLeft,
  onlyError,
  publicTunnel,
  STATUS,
  startEdgegap,
  type With,
} from './deploy.ts'

/** The user's own ingress, which on loopback leads straight to the step. */
async function ingress(): Promise<Record<string, string>> {
  const port = String(await freePort())
  return { 'public-url': `http://127.0.0.1:${port}/hooks`, 'listen-port': port }
}

function hookOf(edgegap: Edgegap): string {
  const body = edgegap.requestsTo('POST', CREATE)[0]?.body as {
    webhook_on_ready?: { url: string }
  }
  return body.webhook_on_ready?.url ?? ''
}

const statusReads = (edgegap: Edgegap) => edgegap.requestsTo('GET', STATUS).length

describe('a webhook', () => {
  test('brings the news: the step asks twice instead of every second', async () => {
    await using edgegap = await startEdgegap({ script: ready(2_500) })
    const job = await deploy(edgegap, await publicTunnel())
    expect(job.main.outputs).toMatchObject({
      outcome: 'succeeded',
      signal: 'webhook',
      tunnel: 'public',
      'tunnel-error': '',
      status: 'Status.READY',
    })
    expectAllOutputs(job.main)
    expect(statusReads(edgegap)).toBe(2)
  })

  test('is asked for on ready, error and termination, at a path of 32 random bytes that the log hides', async () => {
    await using edgegap = await startEdgegap({ script: ready(300) })
    const job = await deploy(edgegap, await publicTunnel())
    const url = hookOf(edgegap)
    expect(edgegap.requestsTo('POST', CREATE)[0]?.body).toMatchObject({
      webhook_on_ready: { url },
      webhook_on_error: { url },
      webhook_on_terminated: { url },
    })
    const secret = new URL(url).pathname.slice(1)
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32)
    const shown = job.main.rawStdout.replace(/^::add-mask::.*$/gm, '') + job.main.summary
    expect(shown).not.toContain(secret)
  })

  test('of a failure brings that news too, and the server is stopped', async () => {
    await using edgegap = await startEdgegap({ script: error(2_000, 'Out of memory') })
    const job = await deploy(edgegap, await publicTunnel())
    expect(job.main.outputs).toMatchObject({ outcome: 'failed', signal: 'webhook' })
    expect(onlyError(job.main)).toContain('Out of memory')
    expectNothingLeft(edgegap)
  })

  test('faster than the reply to the create is not lost', async () => {
    await using edgegap = await startEdgegap({ script: ready(0) })
    edgegap.faults.order({ kind: 'delay-reply', delayMs: 500, method: 'POST', path: CREATE })
    const job = await deploy(edgegap, await publicTunnel())
    expect(job.main.outputs.outcome).toBe('succeeded')
    expect(statusReads(edgegap)).toBe(1)
  })

  test('that never comes costs one slow poll', async () => {
    await using edgegap = await startEdgegap({ script: ready(1_000), dropWebhooks: true })
    const job = await deploy(edgegap, await publicTunnel())
    expect(job.main.outputs).toMatchObject({ outcome: 'succeeded', signal: 'poll' })
    expect(statusReads(edgegap)).toBe(2)
  })

  test('twice, or late, changes nothing', async () => {
    await using edgegap = await startEdgegap({ script: ready(800), duplicateWebhooks: true })
    const job = await deploy(edgegap, await publicTunnel())
    expect(job.main.outputs.outcome).toBe('succeeded')
  })
})

describe('a forged webhook', () => {
  test.each([
    ['says READY of ours', (id: string) => ({ request_id: id, current_status: 'Status.READY' })],
    ['says READY of another deployment', () => ({ request_id: 'ffffffffffff' })],
    ['is no JSON', () => '{"request_id":'],
    ['names an odd id', () => ({ request_id: '../../v1/stop/x' })],
  ])('that %s cannot make the step green', async (_, body) => {
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    const job = await deploy(
      edgegap,
      { ...(await publicTunnel()), timeout: '3s' },
      {
        mainControl: async (step) => {
          await step.waitForLine(/DEPLOYING/)
          const [deployment] = edgegap.live()
          for (let i = 0; i < 3; i++) {
            await edgegap.sendWebhook(hookOf(edgegap), body(deployment?.id ?? ''))
          }
        },
      },
    )
    expect(job.main.outputs.outcome).toBe('timed-out')
    expect(edgegap.requests.every(({ path }) => !path.includes('..'))).toBe(true)
    expectNothingLeft(edgegap)
  })

  test('a storm of them costs a bounded number of requests', async () => {
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    await deploy(
      edgegap,
      { ...(await publicTunnel()), timeout: '4s' },
      {
        mainControl: async (step) => {
          await step.waitForLine(/DEPLOYING/)
          const [deployment] = edgegap.live()
          const body = { request_id: deployment?.id }
          for (let i = 0; i < 40; i++) {
            await Promise.all(
              Array.from({ length: 25 }, () => edgegap.sendWebhook(hookOf(edgegap), body)),
            )
          }
        },
      },
    )
    // One look a second by polling, and a few that notifications brought forward.
    expect(statusReads(edgegap)).toBeLessThan(15)
  })
})

describe('where the webhook cannot come', () => {
  test('a refused URL costs one more create, without it, and a warning', async () => {
    await using edgegap = await startEdgegap({ script: ready(2_500), refuseWebhooks: true })
    const job = await deploy(edgegap, await publicTunnel())
    expect(job.main.outputs).toMatchObject({ outcome: 'succeeded', signal: 'poll' })
    expect(annotations(job.main, 'warning').join()).toContain('webhook URL was refused')
    expect(edgegap.created).toBe(1)
    expect(edgegap.requestsTo('POST', CREATE)).toHaveLength(2)
    // Nobody will notification, so polling keeps its full pace.
    expect(statusReads(edgegap)).toBeGreaterThan(2)
  })

  test('a create that is refused with and without the URL is refused once for the user', async () => {
    await using edgegap = await startEdgegap({ applications: { other: '*' } })
    const job = await deploy(edgegap, await publicTunnel())
    expect(job.main.outputs.outcome).toBe('rejected')
    onlyError(job.main)
    expect(annotations(job.main, 'warning')).toEqual([])
  })

  test('a taken port means polling and a reason', async () => {
    await using edgegap = await startEdgegap({ script: ready(300) })
    const taken = await startServer()
    const inputs = { 'public-url': taken.url, 'listen-port': new URL(taken.url).port }
    const job = await deploy(edgegap, inputs)
    await taken.close()
    expect(job.main.outputs).toMatchObject({ outcome: 'succeeded', signal: 'poll', tunnel: 'none' })
    expect(job.main.outputs['tunnel-error']).toContain('not free')
  })

  test('wait: webhook fails before anything is created', async () => {
    await using edgegap = await startEdgegap()
    const taken = await startServer()
    const inputs = { 'public-url': taken.url, 'listen-port': new URL(taken.url).port }
    const job = await deploy(edgegap, { ...inputs, wait: 'webhook' })
    await taken.close()
    expect(job.main.exitCode).toBe(1)
    expect(job.main.outputs.outcome).toBe('rejected')
    expect(onlyError(job.main)).toContain('nothing was created')
    expect(annotations(job.main, 'warning')).toEqual([])
    expect(job.main.rawStdout).not.toContain('Polling instead')
    expect(edgegap.requests).toEqual([])
  })

  test('wait: webhook creates only after the self-ping has come back', async () => {
    await using edgegap = await startEdgegap()
    const elsewhere = await startServer()
    const inputs: With = {
      'public-url': elsewhere.url,
      'listen-port': String(await freePort()),
      wait: 'webhook',
      'tunnel-timeout': '1s',
    }
    const job = await deploy(edgegap, inputs)
    await elsewhere.close()
    expect(job.main.outputs.outcome).toBe('rejected')
    expect(edgegap.requests).toEqual([])
  })

  test('an ingress that cannot be reached from here holds the deploy up no longer than tunnel-timeout, and its URL is handed over', async () => {
    await using edgegap = await startEdgegap({ script: ready(300) })
    const silent = await startServer()
    silent.faults.order({ kind: 'hang' })
    const inputs: With = {
      'public-url': silent.url,
      'listen-port': String(await freePort()),
      'tunnel-timeout': '1s',
    }
    const job = await deploy(edgegap, inputs)
    await silent.close()
    expect(job.main.outputs).toMatchObject({ outcome: 'succeeded', signal: 'poll' })
    expect(hookOf(edgegap)).toContain(silent.url)
  })

  test.each([
    ['tunnel: none', { tunnel: 'none' }, {}],
    ['a self-hosted runner without configuration', {}, { RUNNER_ENVIRONMENT: 'self-hosted' }],
    ['wait: poll', { wait: 'poll' }, { RUNNER_ENVIRONMENT: 'github-hosted' }],
  ])('%s starts nothing', async (_, inputs, env) => {
    await using edgegap = await startEdgegap({ script: ready(200) })
    const job = await deploy(edgegap, inputs as With, { env })
    expect(job.main.outputs).toMatchObject({ outcome: 'succeeded', tunnel: 'none' })
    expect(job.main.outputs['tunnel-error']).not.toBe('')
    expect(hookOf(edgegap)).toBe('')
    expect(annotations(job.main, 'warning')).toEqual([])
  })
})

test('a path of the ingress stays in the URL that is handed over', async () => {
  await using edgegap = await startEdgegap({ script: ready(200) })
  await deploy(edgegap, { ...(await ingress()), 'tunnel-timeout': '0s' })
  expect(new URL(hookOf(edgegap)).pathname).toMatch(/^\/hooks\/[\w-]{43}$/)
})

test('a cancelled run closes the door and stops the server', async () => {
  await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
  const inputs = await publicTunnel()
  const job = await deploy(edgegap, inputs, {
    mainControl: async (step) => {
      await step.waitForLine(/DEPLOYING/)
      await step.cancel()
    },
  })
  expect(job.main.outputs.outcome).toBe('cancelled')
  expectNothingLeft(edgegap)
  await expect(fetch(inputs['public-url'] ?? '')).rejects.toThrow()
})
