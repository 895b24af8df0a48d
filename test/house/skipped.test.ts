import { expect, test } from 'vitest'
import { describeSkipped } from '../skipped-reporter.ts'

test('what is skipped is said once for each reason, with how to get it', () => {
  const noSshd = 'ssh (skipped: no sshd (apt-get install openssh-server)) > works'
  const text = describeSkipped([
    noSshd,
    `${noSshd} (again)`,
    'filtered out',
    'probe (skipped: no qstat) > answers',
  ])
  expect(text.split('\n')).toEqual([
    '3 tests were skipped on this machine:',
    '  2 × no sshd (apt-get install openssh-server)',
    '  1 × no qstat',
  ])
  expect(describeSkipped([])).toBe('')
})
