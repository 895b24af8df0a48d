/**
 * What an input means that is not given, or given empty. action.yml declares the same for people.
 * What differs by provider (`api-url`, `timeout`) is not here.
 */
export const DEFAULTS = {
  provider: 'edgegap',
  operation: 'deploy',
  wait: 'auto',
  tunnel: 'auto',
  'ssh-port': '22',
  'ssh-remote-port': '0',
  'on-failure': 'stop',
  'stop-after-job': 'false',
  locations: 'new-york 40.71,-74.01',
  'log-lines': '50',
  'wait-until': 'deployed',
  summary: 'true',
} as const
