/** Ids of the commands (N66). */
export const CommandIDs = {
  tagCell: 'cellar:tag-cell',
  tagNeeds: 'cellar:tag-needs',
  reproduce: 'cellar:reproduce',
  reproduceWithPlan: 'cellar:reproduce-with-plan',
  reproduceToHere: 'cellar:reproduce-to-here',
  reproduceOnlyThis: 'cellar:reproduce-only-this',
  force: 'cellar:force-stage',
  stop: 'cellar:stop',
  nextStale: 'cellar:next-stale',
  nextProblem: 'cellar:next-problem',
  loadResults: 'cellar:load-results',
  showScript: 'cellar:show-script',
  rename: 'cellar:rename-stage',
  untag: 'cellar:untag',
  startProject: 'cellar:start-project'
} as const;
