import { describe, expect, test } from 'vitest'
import * as script from '../emulator/rockit-edge/script.ts'
import { annotations, onlyError } from './deploy.ts'
import {
  expectCleanEdge,
  publishUrl,
  SUBSCRIPTIONS,
  startEdge,
  whenEvent,
  withWebhook,
} from './rockit-edge.ts'

const slow = script.success({ stepMs: 300 })

describe.concurrent('webhooks', () => {
  test.each([
    ['twice each', { duplicateWebhooks: true }],
    ['out of order', { swapWebhooks: true, swapWithinMs: 700 }],
    ['late', { webhookDelayMs: 400 }],
    ['not at all', { dropWebhooks: true }],
  ])('that come %s lead to the same', async (_name, settings) => {
    for (const steps of [
      script.success({ stepMs: 200 }),
      script.deployFailed(undefined, { stepMs: 200 }),
    ]) {
      await using edge = await startEdge({ script: steps, ...settings })
      const inputs = { ...(await withWebhook()), 'poll-interval': '2s' }
      const { main } = await publishUrl(edge, inputs)
      expect(main.outputs.outcome).toBe(edge.builds[0]?.outcome)
    }
  })

  test.each([
    ['twice each', { duplicateWebhooks: true }],
    ['out of order', { swapWebhooks: true, swapWithinMs: 700 }],
  ])('that come %s lead to the same where nothing else may be read', async (_name, settings) => {
    await using edge = await startEdge({
      script: slow,
      permissions: { tasks: 0, apps: 4 },
      ...settings,
    })
    const { main } = await publishUrl(edge, await withWebhook())
    expect(main.outputs).toMatchObject({ outcome: 'succeeded', signal: 'webhook' })
  })

  test.each([
    ['HS384', {}, { alg: 'HS384' as const }],
    ['HS512', {}, { alg: 'HS512' as const }],
    ['the secret as base64', {}, { secretAs: 'base64' as const }],
    [
      'claims and times',
      {},
      { claims: { iss: 'edge' }, expiresInSeconds: 60, notBeforeInSeconds: -5 },
    ],
    ['the label exception', { userFailureEvent: 'exception' as const }, {}],
    ['nulls', { webhookBlanks: 'null' as const }, {}],
    ['empty objects', { webhookBlanks: 'empty' as const }, {}],
    ['every part of the example', { webhookBlanks: 'skeleton' as const }, {}],
    ['buildChanged too early', { earlyBuildChanged: 'false' as const }, {}],
  ])('are understood with %s', async (_name, spelling, jwt) => {
    for (const steps of [slow, script.unreadableFile(undefined, { stepMs: 200 })]) {
      await using edge = await startEdge({
        script: steps,
        spelling,
        jwt,
        permissions: { tasks: 0 },
      })
      const { main } = await publishUrl(edge, await withWebhook())
      expect(main.outputs).toMatchObject({ outcome: edge.builds[0]?.outcome, signal: 'webhook' })
      if (main.exitCode === 0) expect(main.outputs['build-changed']).toBe('true')
    }
  })

  test.each([
    ['not signed', { isSent: false }],
    ['signed by nobody', { alg: 'none' as const }],
    ['signed with another secret', { isSecretWrong: true }],
    ['expired', { expiresInSeconds: -600 }],
    ['not valid yet', { notBeforeInSeconds: 600 }],
  ])('that are %s change nothing', async (_name, jwt) => {
    await using edge = await startEdge({ script: slow, jwt })
    const { main } = await publishUrl(edge, { ...(await withWebhook()), 'poll-interval': '1s' })
    expect(main.outputs).toMatchObject({ outcome: 'succeeded', signal: 'poll' })
    expect(main.rawStdout).toMatch(/ignored requests: .*not signed by ROCKIT Edge/)
  })

  test('for others, unknown ones and broken ones change nothing, and unknown ones are logged once', async () => {
    await using edge = await startEdge({ script: script.never() })
    const body = {
      orgName: 'acme',
      appName: 'my_game',
      buildName: '0007',
      type: 'deploy',
      event: 'end',
    }
    const { main } = await publishUrl(
      edge,
      { ...(await withWebhook()), timeout: '5s' },
      {
        mainControl: async () => {
          await whenEvent(edge, 'mkraw', 'begin')
          for (let count = 0; count < 2; count += 1) {
            await edge.sendWebhook({ ...body, type: 'mkpatch' })
            await edge.sendWebhook({ ...body, orgName: 'acme2' })
            await edge.sendWebhook({ ...body, appName: 'my_game_2' })
            await edge.sendWebhook('{')
            await edge.sendWebhook([])
          }
        },
      },
    )
    expect(main.outputs.outcome).toBe('timed-out')
    expect(main.rawStdout.match(/"mkpatch end" is not known to this action/g)).toHaveLength(1)
    expect(main.rawStdout).toMatch(/ignored requests: .*4 × for another app/)
  })

  test.each([
    ['a failure', { event: 'error', error: { deployment: { failedDeployments: ['akamai'] } } }],
    ['a success', { event: 'end' }],
    ['a build that did not change', { type: 'mkraw', event: 'end', buildChanged: false }],
  ])('whose token is replayed with %s are not believed', async (_name, claim) => {
    await using edge = await startEdge({ script: script.never() })
    const body = { orgName: 'acme', appName: 'my_game', buildName: '0007', type: 'deploy' }
    const { main } = await publishUrl(
      edge,
      { ...(await withWebhook()), timeout: '5s' },
      {
        mainControl: async () => {
          await whenEvent(edge, 'mkraw', 'begin')
          for (let count = 0; count < 50; count += 1) {
            // On a busy machine the run may be over before all are sent.
            if (edge.aliveSubscriptions().length === 0) return
            await edge.sendWebhook({ ...body, ...claim })
          }
        },
      },
    )
    expect(main.outputs).toMatchObject({
      outcome: 'timed-out',
      'failed-deployments': '[]',
      'build-changed': '',
    })
    expect(onlyError(main)).toMatch(/its last status was mkraw begin.*a large build takes its time/)
  })

  test.each([
    [
      'by another field',
      { spelling: { subscriptionUrlFields: ['webhookUrl'] }, strictBodies: true },
    ],
    ['with another word for the secret', { spelling: { secretField: 'webhookSecret' } }],
    ['with an envelope', { spelling: { envelope: 'data' as const, subscriptionStatus: 201 } }],
    [
      'with a name around',
      { spelling: { envelope: 'named' as const, numbers: 'string' as const } },
    ],
  ])('are subscribed to %s', async (_name, options) => {
    await using edge = await startEdge({ script: slow, ...options })
    const { main } = await publishUrl(edge, await withWebhook())
    expect(main.outputs).toMatchObject({
      outcome: 'succeeded',
      signal: 'webhook',
      tunnel: 'public',
    })
    expect(annotations(main, 'warning')).toEqual([])
    expectCleanEdge(edge)
  })

  test('that are insisted on are subscribed to before anything is created', async () => {
    await using edge = await startEdge({ script: slow })
    const { main } = await publishUrl(edge, await withWebhook())
    expect(main.outputs).toMatchObject({ outcome: 'succeeded', signal: 'webhook' })
    const order = edge.requests.filter(({ method }) => method === 'POST').map(({ path }) => path)
    expect(order).toEqual(['/be/v1/subscriptions', '/be/v1/builds'])
  })

  test('that are insisted on and may not be subscribed to end the run before anything is created', async () => {
    await using edge = await startEdge({ permissions: { subscriptions: 0 } })
    const { main } = await publishUrl(edge, await withWebhook())
    expect(onlyError(main)).toMatch(/HTTP 403.*subscriptions 11/)
    expect(edge.builds).toEqual([])
  })

  test('that may not be subscribed to are replaced by polling, with the permission to ask for', async () => {
    await using edge = await startEdge({ script: slow, permissions: { subscriptions: 0 } })
    const { main } = await publishUrl(edge, {
      ...(await withWebhook()),
      wait: 'auto',
      'poll-interval': '1s',
    })
    expect(main.outputs).toMatchObject({
      outcome: 'succeeded',
      signal: 'poll',
      tunnel: 'none',
      'tunnel-error': expect.stringMatching(/did not accept the subscription.*HTTP 403/),
    })
    expect(annotations(main, 'warning').join()).toMatch(
      /No webhook: ROCKIT Edge did not accept the subscription.*403/,
    )
  })

  test('are not taken for removed where a web page answers, and the post step removes them', async () => {
    await using edge = await startEdge()
    const page = '<html>welcome</html>'
    edge.faults.order({
      ...{ kind: 'status', status: 200, body: page, method: 'DELETE', path: SUBSCRIPTIONS },
    })
    const { main, post } = await publishUrl(edge, await withWebhook(), {
      beforePost: async () => {
        expect(edge.aliveSubscriptions()).toHaveLength(1)
        edge.faults.clear()
      },
    })
    expect(main.outputs.outcome).toBe('succeeded')
    expect(annotations(main, 'warning').join()).toMatch(/was not removed.*The post step/)
    expect(post?.exitCode).toBe(0)
    expectCleanEdge(edge)
  })

  test('that earlier runs left behind are unsubscribed, and nobody else’s are', async () => {
    await using edge = await startEdge()
    const seconds = Math.floor(Date.now() / 1000)
    const named = (ageSeconds: number) => `dgs_${(seconds - ageSeconds).toString(36)}_0123456789ab`
    const url = 'https://example.com/hook'
    for (const name of ['import_build', named(25 * 3600), named(3600), 'dgs_x']) {
      edge.addSubscription({ name, url })
    }
    await publishUrl(edge)
    expect(edge.aliveSubscriptions().map(({ name }) => name)).toEqual([
      'import_build',
      named(3600),
      'dgs_x',
    ])
  })
})

test('subscriptions are made beside the upload and only when a webhook can be received', async () => {
  await using edge = await startEdge()
  await publishUrl(edge)
  expect(edge.requestsTo('POST', SUBSCRIPTIONS)).toEqual([])
})
