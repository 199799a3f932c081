/** Changes a value that was given. Whether that was refused. */
export function change(attempt) {
  try {
    attempt();
    return false;
  } catch {
    return true;
  }
}

/** Who has seen that the amount was changed from 1. */
export function seenBy({ refused, other, later }) {
  const sees = (amount) => (amount === 1 ? 'sees none' : 'sees it');
  const tried = refused ? 'The change was refused' : 'The change was made';
  return {
    happened: `${tried}; the other caller ${sees(other)}; who asks later ${sees(later)}.`,
    pass: other === 1 && later === 1,
  };
}
