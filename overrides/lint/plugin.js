// The contract's own lint rules, for Redocly: one file for each subject.
//
// A message names the offender, says what is wrong with it, and ends with an example to copy.
// To add a rule: write it, list it in ../redocly.yaml, and add a fixture that breaks it to
// tests/build/lint/ (a test fails for a rule without one).
import { described } from './described.js';
import { document } from './document.js';
import { generated } from './generated.js';
import { names } from './names.js';
import { rules } from './rules.js';
import { shapes } from './shapes.js';
import { statuses } from './statuses.js';

export default function plugin() {
  return {
    id: 'drs',
    rules: { oas3: { ...described, ...document, ...generated, ...names, ...rules, ...shapes, ...statuses } },
  };
}
