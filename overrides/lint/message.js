// How every rule speaks: what is wrong, then an example to copy.

export function message(problem, example) {
  const lines = example.map((line) => `    ${line}`);
  return [problem, 'For example:', ...lines].join('\n');
}

// True inside `if`, `then`, `else` and `not`: what stands there restricts a schema that is
// described elsewhere. A property that is called `if` does not count.
export function isCondition(location) {
  const tokens = location.pointer.split('/');
  return tokens.some(
    (token, at) => ['if', 'then', 'else', 'not'].includes(token) && tokens[at - 1] !== 'properties',
  );
}
