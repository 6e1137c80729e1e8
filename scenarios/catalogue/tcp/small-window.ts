import type { Scenario } from '../../language/scenario.ts'

export const scenario = {
  schema: 'wglab/scenario@1',
  title: 'A small receive window is the speed limit of a long path',
  about: 'Eight thousand bytes on a path of 100 ms are 80 kB in a second, whatever the line can do.',
  duration: '60s',
  networks: { internet: { link: { delay: '25ms', rate: '50Mbit' } } },
  hosts: { alice: { interfaces: { internet: '198.51.100.1' } }, bob: { interfaces: { internet: '203.0.113.2' } } },
  steps: [
    {
      do: 'tcp',
      at: '1s',
      name: 'page',
      from: 'alice',
      to: '203.0.113.2:80',
      bytes: 1000000,
      direction: 'down',
      window: 8000,
    },
  ],
  expect: [{ see: 'goodput', name: 'held by the window', step: 'page', at_most: '1Mbit' }],
  twin: {
    about: 'The window of Linux.',
    changes: [{ path: '/steps/0/window', remove: true }],
    fails: 'held by the window',
  },
} satisfies Scenario
