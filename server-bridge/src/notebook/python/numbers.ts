/** Simple arithmetic on the numbers that a text tells, as Python does it. */
import type { Known } from './format.js';

/** `left operator right`; null for strings, what Python refuses, and what has no short exact answer. */
export function arithmetic(operator: string, left: Known, right: Known): Known | null {
  if (typeof left === 'string' || typeof right === 'string') {
    return null;
  }
  if (typeof left === 'bigint' && typeof right === 'bigint' && operator !== '/') {
    return whole(operator, left, right);
  }
  const [a, b] = [Number(left), Number(right)];
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0 ? null : a / b;
    default:
      return null;
  }
}

function whole(operator: string, left: bigint, right: bigint): bigint | null {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '//':
      return right === 0n ? null : (left - modulo(left, right)) / right;
    case '%':
      return right === 0n ? null : modulo(left, right);
    case '**':
      return right >= 0n && right < 64n ? left ** right : null;
    default:
      return null;
  }
}

/** The remainder has the sign of the divisor. */
function modulo(left: bigint, right: bigint): bigint {
  const rest = left % right;
  return rest !== 0n && rest < 0n !== right < 0n ? rest + right : rest;
}
