/** What an input means that is not given, or given empty. action.yml declares the same for people. */
export const DEFAULTS = {
  provider: 'edgegap',
  operation: 'deploy',
  'api-url': 'https://api.edgegap.com',
  wait: 'auto',
  tunnel: 'auto',
  'ssh-port': '22',
  'ssh-remote-port': '0',
  timeout: '10m',
  'on-failure': 'stop',
  'stop-after-job': 'false',
  locations: 'new-york 40.71,-74.01',
  'log-lines': '50',
  summary: 'true',
} as const
