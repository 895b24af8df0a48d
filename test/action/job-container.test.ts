import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '../emulator/tunnel/loopback-server.ts'
import { parsePairs } from '../harness/file-commands.ts'
import type { JobFolders } from '../harness/folders.ts'
import { startStep } from '../harness/step.ts'
import type { StepResult } from '../harness/step-result.ts'
import { deploy, killAt, STATUS, startEdgegap } from './deploy.ts'

/** What a step that still runs has saved so far, as the runner would hand it to the post step. */
function stateSoFar({ temp }: JobFolders): Record<string, string> {
  const folder = join(temp, '_runner_file_commands')
  const [file = ''] = readdirSync(folder).filter((name) => name.startsWith('state_'))
  return Object.fromEntries(parsePairs(readFileSync(join(folder, file), 'utf8')).pairs)
}

// The runner ends the `docker exec` around the step; the step itself gets no signal and goes on.
test.runIf(process.platform === 'linux')(
  'a run in a job container that is cancelled is ended by its post step, and creates nothing any more',
  async () => {
    await using edgegap = await startEdgegap()
    const inputs = {
      wait: 'webhook',
      // Nobody answers there, so the step waits for its tunnel before it creates anything.
      'public-url': `http://127.0.0.1:${await freePort()}`,
      'listen-port': String(await freePort()),
    }
    let post: StepResult | undefined
    const { main } = await deploy(edgegap, inputs, {
      runnerLost: true,
      mainControl: async (step) => {
        await step.waitForLine(/tunnel/)
        const { folders } = step
        const access = { 'api-token': edgegap.settings.token, 'api-url': edgegap.url }
        const state = stateSoFar(folders)
        const given = { ...access, ...inputs, application: 'my-game', version: 'v1' }
        post = await startStep({ entry: 'post', inputs: given, state, folders }).done
      },
    })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'cancelled' } })
    expect(edgegap.deployments).toEqual([])
    expect(post?.exitCode).toBe(0)
    expect(post?.rawStdout).toContain('The main step still runs')
  },
)

test('a post step says nothing of a main step that has ended, killed or not', async () => {
  await using edgegap = await startEdgegap()
  const { post } = await deploy(edgegap, {}, { mainControl: killAt(edgegap, 'GET', STATUS) })
  expect(post?.exitCode).toBe(0)
  expect(post?.rawStdout).not.toContain('main step')
})
