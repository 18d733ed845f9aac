import { CellarError } from '../../protocol/errors.js';
import type { ConfigSection, ConfigValue } from './text.js';

/** Says what is wrong with a value, or nothing. */
type Rule = (value: ConfigValue) => string | undefined;

const text: Rule = value => (typeof value === 'string' ? undefined : 'expected str');
const anyValue: Rule = () => undefined;
const truth: Rule = value =>
  typeof value === 'string' && ['true', 'false'].includes(value.toLowerCase()) ? undefined : 'expected true or false';
const truthOrText: Rule = value => (typeof value === 'string' ? undefined : 'expected str');
const lower = text;

function whole(least?: number, most?: number): Rule {
  return value => {
    if (typeof value !== 'string' || !/^\s*[-+]?\d+(?:_\d+)*\s*$/.test(value)) return 'expected int';
    const size = Number(value.replaceAll('_', ''));
    if (least !== undefined && size < least) return `value must be at least ${least}`;
    return most !== undefined && size > most ? `value must be at most ${most}` : undefined;
  };
}

const seconds: Rule = value => {
  if (typeof value !== 'string' || value.trim() === '' || Number.isNaN(Number(value))) return 'expected float';
  return Number(value) < 0 ? 'value must be at least 0' : undefined;
};

function choice(...choices: string[]): Rule {
  return value =>
    typeof value === 'string' && choices.includes(value.toLowerCase())
      ? undefined
      : `expected one of ${choices.join(', ')}`;
}

/** Link types in order of preference. */
export function linkTypes(value: ConfigValue): string[] {
  return typeof value === 'string' ? value.split(',').map(item => item.trim()) : value;
}

const links: Rule = value => {
  const unknown = linkTypes(value).filter(item => !['reflink', 'hardlink', 'symlink', 'copy'].includes(item));
  return unknown.length > 0 ? `Unsupported cache type(s): ${unknown.join(', ')}` : undefined;
};

type Rules = Record<string, Rule>;

function all(rule: Rule, names: string): Rules {
  return Object.fromEntries(names.split(' ').map(name => [name, rule]));
}

const COMMON: Rules = {
  url: text,
  ...all(whole(1), 'checksum_jobs jobs'),
  ...all(truth, 'worktree no_traverse version_aware')
};
const LOCAL: Rules = { type: links, shared: choice('group'), ...all(truth, 'protected slow_link_warning verify') };
const HTTP: Rules = {
  ...COMMON,
  auth: choice('basic', 'digest', 'custom'),
  ...all(text, 'custom_auth_header user password method'),
  ...all(truth, 'ask_password verify'),
  ssl_verify: truthOrText,
  ...all(seconds, 'connect_timeout read_timeout')
};
const WEBDAV: Rules = {
  ...COMMON,
  ...all(text, 'user password token bearer_token_command custom_auth_header cert_path key_path'),
  ...all(truth, 'ask_password verify'),
  timeout: whole(),
  ssl_verify: truthOrText
};

/** Options of a remote by URL scheme; the empty name is a folder (spec/dvc-data.md §5.4). */
const REMOTES: Record<string, Rules> = {
  '': { ...LOCAL, ...COMMON },
  s3: {
    ...COMMON,
    ...all(
      text,
      'region profile credentialpath configpath endpointurl access_key_id secret_access_key session_token sse sse_kms_key_id ' +
        'sse_customer_algorithm sse_customer_key acl grant_read grant_read_acp grant_write_acp grant_full_control'
    ),
    ...all(truth, 'listobjects use_ssl allow_anonymous_login verify'),
    ssl_verify: truthOrText,
    cache_regions: () => 'expected bool',
    ...all(whole(), 'read_timeout connect_timeout')
  },
  gs: {
    ...COMMON,
    ...all(text, 'projectname credentialpath endpointurl'),
    ...all(truth, 'verify allow_anonymous_login')
  },
  ssh: {
    ...COMMON,
    type: links,
    ...all(whole(), 'port timeout max_sessions'),
    ...all(text, 'user password passphrase keyfile'),
    ...all(truth, 'ask_password ask_passphrase gss_auth allow_agent verify')
  },
  hdfs: { ...COMMON, ...all(text, 'user kerb_ticket'), replication: () => 'expected int' },
  webhdfs: {
    ...COMMON,
    ...all(truth, 'kerberos use_https verify'),
    ...all(text, 'kerberos_principal proxy_to token user password data_proxy_target'),
    ssl_verify: truthOrText
  },
  azure: {
    ...COMMON,
    ...all(text, 'connection_string sas_token account_name account_key tenant_id client_id client_secret'),
    ...all(
      truth,
      'allow_anonymous_login exclude_environment_credential exclude_visual_studio_code_credential ' +
        'exclude_shared_token_cache_credential exclude_managed_identity_credential verify'
    ),
    ...all(whole(), 'timeout read_timeout connection_timeout')
  },
  oss: { ...COMMON, ...all(text, 'oss_key_id oss_key_secret oss_endpoint'), verify: truth },
  gdrive: {
    ...COMMON,
    ...all(
      text,
      'profile gdrive_client_id gdrive_client_secret gdrive_user_credentials_file gdrive_service_account_user_email ' +
        'gdrive_service_account_json_file_path'
    ),
    ...all(truth, 'gdrive_use_service_account gdrive_trash_only gdrive_acknowledge_abuse verify')
  },
  http: HTTP,
  https: HTTP,
  webdav: WEBDAV,
  webdavs: WEBDAV
};

const SECTIONS: Record<string, Rules> = {
  core: {
    ...all(lower, 'remote machine'),
    checksum_jobs: whole(1),
    ...all(truth, 'interactive analytics hardlink_lock no_scm autostage experiments check_update'),
    site_cache_dir: text
  },
  cache: { ...all(text, 'local s3 gs hdfs webhdfs ssh azure dir'), ...LOCAL },
  state: { dir: text, row_limit: whole(1), row_cleanup_quota: whole(0, 100) },
  index: { dir: text },
  plots: { html_template: text, auto_open: truth, out_dir: text },
  exp: { ...all(text, 'code data models metrics params plots live git_remote'), auto_push: truth },
  parsing: { bool: choice('store_true', 'boolean_optional'), list: choice('nargs', 'append') },
  hydra: { enabled: truth, ...all(text, 'config_dir config_module config_name plugins_path') },
  studio: { ...all(text, 'token url repo_url'), offline: truth }
};

const MACHINE: Rules = {
  cloud: choice('aws', 'azure'),
  region: choice('us-west', 'us-east', 'eu-west', 'eu-north'),
  ...all(text, 'image instance_type instance_gpu ssh_private startup_script setup_script'),
  spot: truth,
  spot_price: seconds,
  instance_hdd_size: whole()
};
const DB: Rules = all(text, 'url username password');

/** Names of the sections that have no name of their own, in the order in which a new one is written. */
export const SECTION_ORDER = [
  'core',
  'cache',
  'state',
  'index',
  'feature',
  'plots',
  'exp',
  'parsing',
  'hydra',
  'studio'
];

function problem(words: string, path: string[]): CellarError {
  const place = path.map(part => (part.startsWith('<') ? `[${part}]` : `['${part}']`)).join('');
  return new CellarError('E_CONFIG_INVALID', `configuration error - config file error: ${words} @ data${place}`, {
    exit: 251,
    next: `Correct the option '${path.join('.')}', or take it out with 'cellar config --unset'.`
  });
}

function checkOptions(options: ConfigSection, rules: Rules, path: string[]): void {
  const known = new Map(Object.entries(rules));
  for (const [option, value] of options) {
    const rule = known.get(option);
    if (!rule) throw problem('extra keys not allowed', [...path, option]);
    const words = rule(value);
    if (words) throw problem(`${words} for dictionary value`, [...path, option]);
  }
}

/** Scheme of a URL that has a host; empty for a path. */
export function urlScheme(url: string): string {
  const match = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\/[^/]/.exec(url);
  return match?.[1]?.toLowerCase() ?? '';
}

function checkRemote(name: string, options: ConfigSection): void {
  const path = ['remote', name];
  const url = options.get('url');
  if (url === undefined) throw problem("expected 'url' for dictionary value", path);
  const scheme = urlScheme(String(url));
  if (scheme === 'remote') return;
  const rules = new Map(Object.entries(REMOTES)).get(scheme);
  if (!rules) throw problem(`Unsupported URL type ${scheme}:// for dictionary value`, path);
  checkOptions(options, rules, path);
}

/**
 * Holds a merged config against DVC's schema. Throws `E_CONFIG_INVALID` (exit 251) in DVC's words, e.g.
 * `extra keys not allowed @ data['foo']` (spec/dvc-data.md §5.1).
 */
export function checkConfig(tree: ReadonlyMap<string, ConfigSection>): void {
  const sections = new Map(Object.entries(SECTIONS));
  for (const [section, options] of tree) {
    const named = /^(remote|machine|db) "(.*)"$/s.exec(section);
    const [, kind = '', name = ''] = named ?? [];
    if (kind === 'remote') checkRemote(name, options);
    else if (kind === 'machine') checkOptions(options, MACHINE, [kind, name]);
    else if (kind === 'db') checkOptions(options, DB, [kind, name]);
    else if (section === 'feature')
      checkOptions(
        options,
        { ...Object.fromEntries([...options.keys()].map(key => [key, anyValue])), machine: truth },
        [section]
      );
    else if (section === '') {
      const [option] = options.keys();
      if (option !== undefined) throw problem('extra keys not allowed', [option]);
    } else {
      const rules = sections.get(section);
      if (!rules) throw problem('extra keys not allowed', [section]);
      checkOptions(options, rules, [section]);
    }
  }
  const hydra = tree.get('hydra');
  if (hydra?.has('config_dir') && hydra.has('config_module')) {
    throw problem("two or more values in the same group of exclusion 'config_source'", ['hydra', '<config_source>']);
  }
}
