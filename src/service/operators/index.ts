export { isForOperators, OperatorPort } from './operator-port.js';
