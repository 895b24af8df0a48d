import { describe, expect, test } from 'vitest'
import * as script from '../emulator/rockit-edge/script.ts'
import { type TaskStatusWords, taskStatusWords } from '../emulator/rockit-edge/spelling.ts'
import { annotations } from './deploy.ts'
import { publish, publishUrl, startEdge, withWebhook } from './rockit-edge.ts'

describe.concurrent('names that are only guessed', () => {
  const modes: ('url' | 'upload')[] = ['url', 'upload']
  const alternatives: [string, Parameters<typeof startEdge>[0], typeof modes?][] = [
    ['states like events', words(taskStatusWords.events)],
    ['states like work', words(taskStatusWords.work)],
    ['states in capitals', words(taskStatusWords.upper)],
    ['bare lists, newest first', { spelling: { listEnvelope: 'bare' }, taskOrder: 'newest' }],
    ['lists under data', { spelling: { listEnvelope: 'data', envelope: 'data' } }],
    ['lists under items', { spelling: { listEnvelope: 'items', envelope: 'status' } }],
    [
      'nested lists in pages of two',
      { spelling: { listEnvelope: 'nested', envelope: 'named' }, maxPageSize: 2 },
    ],
    ['seconds', { spelling: { times: 'epoch-s', numbers: 'string', appFlags: 'string' } }],
    ['milliseconds', { spelling: { times: 'epoch-ms', appFlags: 'number' } }],
    [
      'task ids',
      {
        spelling: {
          taskNameField: 'taskId',
          taskAppField: 'app',
          taskTypeField: 'taskType',
          taskStatusField: 'state',
          taskCreatedField: 'createdAt',
        },
      },
    ],
    ['no name of the build in the answer', { spelling: { importAnswers: ['taskName'] } }],
    ['no name of the task in the answer', { spelling: { importAnswers: ['buildName'] } }],
    ['nothing in the answer', { spelling: { importAnswers: [] } }],
    [
      'nothing in the answer nor on tasks',
      { spelling: { importAnswers: [], taskBuildField: undefined } },
    ],
    [
      'hidden uploads',
      { spelling: { importAnswers: [] }, listUploadTasks: false, dltarAfterUpload: true },
    ],
    [
      'another word for the app of an upload',
      { spelling: { appFields: ['application'] }, strictBodies: true },
      ['upload'],
    ],
    [
      'an object for the URL',
      { spelling: { importUrlForm: 'object', importStatus: 202 }, strictBodies: true },
    ],
    [
      'another word for the upload',
      { spelling: { uploadUrlField: 'putUrl', uploadTaskType: 'client-upload' } },
    ],
    [
      'an object for the upload',
      { spelling: { uploadUrlForm: 'object', uploadUrlField: 'target' } },
    ],
    ['opaque builds', { buildNames: 'opaque', buildNumberRisesAt: 'deploy' }],
    ['plain numbers', { buildNames: 'number', buildNumberRisesAt: 'request' }],
    ['no steps between', { spelling: { imageTaskType: undefined }, buildNumberRisesAt: 'image' }],
  ]

  test.each(alternatives)(
    'are read otherwise too: %s',
    async (_name, options, inModes = modes) => {
      for (const mode of inModes) {
        for (const steps of [
          script.success({ stepMs: 120 }),
          script.deployFailed(undefined, { stepMs: 120 }),
        ]) {
          await using edge = await startEdge({ script: steps, ...options })
          const { buildFolder } = await import('./rockit-edge.ts')
          const { main } =
            mode === 'url' ? await publishUrl(edge) : await publish(edge, { build: buildFolder() })
          expect(main.outputs.outcome).toBe(edge.builds[0]?.outcome)
          expect(edge.builds).toHaveLength(1)
        }
      }
    },
    180_000,
  )

  function words(taskStatusWords: TaskStatusWords) {
    return { spelling: { taskStatusWords } }
  }

  test('are shown by their shapes with debug logging, and never by their values', async () => {
    await using edge = await startEdge({
      spelling: { taskStatusWords: { ...taskStatusWords.events, begin: 'x' } as never },
    })
    const { main } = await publishUrl(edge, await withWebhook(), { env: { RUNNER_DEBUG: '1' } })
    const shapes = main.rawStdout.split('\n').filter((line) => line.startsWith('debug: '))
    expect(shapes.join('\n')).toMatch(
      /GET \/be\/v1\/tasks → 200: \{tasks: \[\{name: string, type: string/,
    )
    expect(shapes.join('\n')).not.toMatch(/0007|dltar|akamai|dxf_/)
  })

  test('a state that is not known is waited on and warned of once', async () => {
    const odd = { ...taskStatusWords.states, started: 'sequencing' }
    // Long enough for a poll to meet the state, also on a busy machine.
    const long = script.success({ stepMs: 1_500 })
    await using edge = await startEdge({ script: long, spelling: { taskStatusWords: odd } })
    const { main } = await publishUrl(edge)
    expect(main.outputs.outcome).toBe('succeeded')
    expect(annotations(main, 'warning').join()).toMatch(
      /the status "\w+ sequencing", which this action does not know/,
    )
  })
})
