import { describe, expect, it } from 'vitest'
import { adviceOnFailure } from '../../../src/provider/edgegap/wire/failure-advice.ts'

describe('the words that Edgegap gives for a failure', () => {
  it.each([
    ['Image pull timed out after 180 seconds', 'time_to_deploy'],
    ['Timeout while pulling the image', 'time_to_deploy'],
    ['pull: time-out', 'time_to_deploy'],
    ['toomanyrequests: You have reached your pull limit', 'registry limits pulls'],
    ['The registry answered 429 Too Many Requests', 'registry limits pulls'],
    ['registry: too manyrequests', 'registry limits pulls'],
    ['You have reached your pull rate limit', 'registry limits pulls'],
    ['Failed to pull image "my-game:v1"', 'was pushed under this tag'],
    ['registry: unauthorized', 'has a login for its registry'],
    ['registry: unauthorised', 'has a login for its registry'],
    ['Access to the registry was denied', 'has a login for its registry'],
    ['manifest for my-game:v9 not found', 'was pushed under this tag'],
    ['manifest unknown', 'was pushed under this tag'],
  ])('"%s" have the advice: %s', (detail, advice) => {
    expect(adviceOnFailure(detail)).toContain(advice)
  })

  it.each(['', 'Container crashed', 'Connection timed out', 'Image started with exit code 1'])(
    '"%s" have none, for they tell nothing that is known',
    (detail) => {
      expect(adviceOnFailure(detail)).toBeUndefined()
    },
  )
})
