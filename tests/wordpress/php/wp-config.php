<?php
// A WordPress that speaks to nobody: no updates, no cron, no mail, no request of its own.
$newsarchive_db = require __DIR__ . '/database.php';
define('DB_NAME', $newsarchive_db['name']);
define('DB_USER', $newsarchive_db['user']);
define('DB_PASSWORD', $newsarchive_db['password']);
define('DB_HOST', $newsarchive_db['host'] . ':' . $newsarchive_db['port']);
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $newsarchive_key) {
    define("{$newsarchive_key}_KEY", "test $newsarchive_key");
    define("{$newsarchive_key}_SALT", "test salt $newsarchive_key");
}
define('WP_HOME', 'http://' . $newsarchive_db['address']);
define('WP_SITEURL', 'http://' . $newsarchive_db['address']);
define('WP_CONTENT_DIR', __DIR__ . '/wp-content');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_AUTO_UPDATE_CORE', false);
define('DISABLE_WP_CRON', true);
define('WP_DEBUG', false);
define('EMPTY_TRASH_DAYS', 30);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
