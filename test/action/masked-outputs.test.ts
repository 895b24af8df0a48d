import { describe, expect, test } from 'vitest'
import { error, ready } from '../emulator/edgegap/script.ts'
import { runJob } from '../harness/job.ts'
import { annotations, deploy, startEdgegap } from './deploy.ts'

test.concurrent('a secret variable of several lines leaves every job output as it is', async () => {
  await using edgegap = await startEdgegap({ script: ready(50) })
  const secretEnv = 'CONFIG<<END\n{\n  "password": "hunter22"\n}\nEND'
  const { main } = await runJob({
    env: { RUNNER_ENVIRONMENT: 'self-hosted' },
    inputs: {
      ...{ 'api-token': edgegap.settings.token, 'api-url': edgegap.url },
      ...{ application: 'my-game', version: 'v1', 'secret-env': secretEnv },
    },
  })
  expect(main.exitCode).toBe(0)
  expect(main.problems).toEqual([])
})

describe.concurrent('a secret variable whose value stands in the address by chance', () => {
  test('leaves the address whole, and the step names the variable', async () => {
    await using edgegap = await startEdgegap({ script: ready(50) })
    // Not by `deploy`: what the runner would leave out of a job's outputs is the subject here.
    const { main } = await runJob({
      env: { RUNNER_ENVIRONMENT: 'self-hosted' },
      inputs: {
        ...{ 'api-token': edgegap.settings.token, 'api-url': edgegap.url },
        ...{ application: 'my-game', version: 'v1', 'secret-env': 'BACKEND_DOMAIN=edgegap.net' },
      },
    })
    expect(main.exitCode).toBe(0)
    expect(main.problems.map(({ message }) => message)).toContain(
      "Skip output 'address' since it may contain secret.",
    )
    const id = main.outputs['deployment-id']
    const { host, port, address, ports } = main.outputs
    expect(host).toBe(`${id}.pr.edgegap.net`)
    expect(address).toBe(`${host}:${port}`)
    expect(Object.values(JSON.parse(ports ?? ''))).toEqual([expect.objectContaining({ address })])
    const [warning = ''] = annotations(main, 'warning')
    expect(warning).toMatch(
      /^The outputs host, address, ports, deployments contain the secret value of secret-env BACKEND_DOMAIN\. They are complete in this step\./,
    )
    expect(warning).not.toContain('edgegap.net')
  })

  test('is hidden in what the provider says of a failure, however it is written', async () => {
    const secret = 'p&ss<word>/é+1'
    const json = JSON.stringify(secret).slice(1, -1).replace('é', '\\u00e9').replace('&', '\\u0026')
    const shown = [
      Buffer.from(`user:${secret}`).toString('base64'),
      encodeURIComponent(secret).toLowerCase(),
      secret.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;'),
      json,
    ]
    await using edgegap = await startEdgegap({ script: error(50, shown.join(' | ')) })
    const { main } = await deploy(edgegap, { 'secret-env': `PASSWORD=${secret}` })
    expect(main.outputs.outcome).toBe('failed')
    const texts = [main.summary, main.outputs.error, ...annotations(main, 'error')].join('\n')
    expect(texts).toContain('*** | *** | ***')
    for (const form of shown.slice(1)) expect(texts).not.toContain(form)
    expect(texts).not.toContain(Buffer.from(secret).toString('base64').slice(4, 12))
  })
})
