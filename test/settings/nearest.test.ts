import { describe, expect, it, test } from 'vitest'
import { nearestName } from '../../src/settings/nearest.ts'

describe('what a misspelt name means', () => {
  test.each([
    ['a letter too few', 'timout', 'timeout'],
    ['a letter too many', 'timeoutt', 'timeout'],
    ['a wrong letter', 'timeaut', 'timeout'],
    ['a wrong first letter', 'dimeout', 'timeout'],
    ['two letters swapped', 'itmeout', 'timeout'],
    ['capital letters', 'TimeOut', 'timeout'],
    ['an underscore', 'poll_interval', 'poll-interval'],
    ['several underscores', 'ssh_known_hosts', 'ssh-known-hosts'],
    ['the name itself', 'timeout', 'timeout'],
  ])('with %s', (_, name, meant) => {
    expect(nearestName(name, ['locations', meant, 'wait'])).toBe(meant)
  })

  test.each([
    // Of four letters one may be wrong, of eight two, of more three.
    ['abcx', 'abcd'],
    ['axxde', 'abcde'],
    ['abxxefgh', 'abcdefgh'],
    ['abxxxfghi', 'abcdefghi'],
    // Two swaps are two changes.
    ['badce', 'abcde'],
  ])('%s is near to %s', (name, candidate) => {
    expect(nearestName(name, [candidate])).toBe(candidate)
  })

  test.each([
    ['abxx', 'abcd'],
    ['axxxe', 'abcde'],
    ['axxxefgh', 'abcdefgh'],
    ['axxxxfghi', 'abcdefghi'],
    ['bcad', 'abcd'],
    // Four changes, and no swap: only one of the two letters stands in the other's place.
    ['qppppppxab', 'rppppppyza'],
    ['qppppppabx', 'rppppppzay'],
    ['qppppppbax', 'rppppppyzb'],
    ['', 'abc'],
    ['xyz', ''],
  ])('%s is not near to %s', (name, candidate) => {
    expect(nearestName(name, [candidate])).toBeUndefined()
  })

  it('is the nearest of several, whatever their order', () => {
    const names = ['timeline', 'timeouts', 'timeout']
    expect(nearestName('timeou', names)).toBe('timeout')
    expect(nearestName('timeou', names.toReversed())).toBe('timeout')
  })

  it('is the first of those that are equally near', () => {
    expect(nearestName('cat', ['car', 'cap'])).toBe('car')
  })
})

describe('a part of a name', () => {
  test.each([
    ['app', 'application'],
    ['token', 'api-token'],
    ['known', 'ssh-known-hosts'],
    ['api-token-of-prod', 'api-token'],
    ['the-timeout-value', 'timeout'],
    [`timeout-${'x'.repeat(200)}`, 'timeout'],
  ])('%s means %s', (name, meant) => {
    expect(nearestName(name, ['locations', meant])).toBe(meant)
  })

  test.each([
    ['two letters', 'ap', 'application'],
    ['the end of a word', 'cation', 'application'],
    ['the middle of a word', 'know', 'ssh-unknown-hosts'],
    ['an end of a word before a dash', 'ken', 'api-token-name'],
    ['a name that only holds it', 'untimeouted', 'timeout'],
  ])('is nothing with %s', (_, name, candidate) => {
    expect(nearestName(name, [candidate])).toBeUndefined()
  })

  it('counts less than a name that is spelt nearly so', () => {
    expect(nearestName('token', ['api-token', 'tokens'])).toBe('tokens')
  })

  it('means the nearest of the names that have it', () => {
    expect(nearestName('ssh', ['ssh-known-hosts', 'ssh-user', 'ssh-remote-port'])).toBe('ssh-user')
  })
})
