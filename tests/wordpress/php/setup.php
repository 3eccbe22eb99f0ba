<?php
// Reads one JSON object on standard input, carries it out in WordPress, prints one JSON object.
//
//   php setup.php DOCROOT < {"database": "create" | "drop" | null, "install": {…} | null,
//                            "options": {…}, "actions": [{"do": …}, …]}
//
// Everything of one call runs in this one process: starting PHP and WordPress costs more than fifty posts.

[, $docroot] = $argv;
$job = json_decode(stream_get_contents(STDIN), true, 512, JSON_THROW_ON_ERROR);
$db = require "$docroot/database.php";

if (isset($job['database'])) {
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    $connection = new mysqli($db['host'], $db['user'], $db['password'], '', $db['port']);
    $connection->query($job['database'] === 'create'
        ? "CREATE DATABASE `{$db['name']}` CHARACTER SET utf8mb4"
        : "DROP DATABASE IF EXISTS `{$db['name']}`");
    if ($job['database'] === 'drop') {
        echo '{}';
        exit;
    }
}

$_SERVER += ['HTTP_HOST' => $db['address'], 'SERVER_NAME' => 'localhost', 'REQUEST_URI' => '/', 'REQUEST_METHOD' => 'GET'];
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
if (isset($job['install'])) {
    define('WP_INSTALLING', true);
}
require "$docroot/wp-load.php";
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/taxonomy.php';
require_once ABSPATH . 'wp-admin/includes/user.php';
require_once ABSPATH . 'wp-admin/includes/image.php';

if (isset($job['install'])) {
    install($job['install']);
}
wp_set_current_user(1); // an administrator: what is inserted is not filtered
foreach ($job['options'] ?? [] as $name => $value) {
    set_option($name, $value);
}
$wpdb->query('START TRANSACTION');
wp_defer_term_counting(true);
wp_defer_comment_counting(true);
$answers = [];
foreach ($job['actions'] ?? [] as $action) {
    $answers[] = ('do_' . $action['do'])($action);
}
wp_defer_term_counting(false);
wp_defer_comment_counting(false);
$wpdb->query('COMMIT');
if (isset($job['install']) || isset($job['options']['permalink_structure'])) {
    flush_rewrite_rules(false);
}
echo json_encode(['answers' => $answers], JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR);

function install(array $wanted): void
{
    if ($wanted['locale']) {
        // As the installer does: the options get the formats of dates that the language has.
        load_default_textdomain($wanted['locale']);
        $GLOBALS['wp_locale'] = new WP_Locale();
    }
    wp_install($wanted['title'], 'editor', 'editor@blog.example', true, '', 'not-a-secret', $wanted['locale'] ?? '');
    foreach (get_posts(['post_type' => 'any', 'post_status' => 'any', 'numberposts' => -1]) as $post) {
        wp_delete_post($post->ID, true); // "Hello world!" and the sample pages
    }
}

function set_option(string $name, mixed $value): void
{
    global $wp_rewrite;
    match ($name) {
        'theme' => switch_theme($value),
        'permalink_structure' => $wp_rewrite->set_permalink_structure($value),
        default => update_option($name, $value),
    };
}

function fail_on_error(mixed $result): mixed
{
    if (is_wp_error($result)) {
        throw new RuntimeException($result->get_error_message());
    }
    return $result;
}

function author(string $name): int
{
    // A name in another script leaves next to nothing of a login, and the next name would leave the same.
    $login = substr(sanitize_user(remove_accents($name), true), 0, 50);
    $login = strlen($login) > 2 ? $login : 'user-' . substr(md5($name), 0, 8);
    $user = get_user_by('login', $login);
    return $user ? $user->ID : fail_on_error(wp_insert_user([
        'user_login' => $login, 'user_pass' => 'not-a-secret', 'display_name' => $name, 'role' => 'author',
    ]));
}

function do_insert(array $action): array
{
    $post = $action['post'];
    $post['post_author'] = empty($post['author']) ? 1 : author($post['author']);
    $post['post_category'] = array_map('wp_create_category', $post['categories'] ?? []);
    $post['tags_input'] = $post['tags'] ?? [];
    $id = fail_on_error(wp_insert_post(wp_slash($post), true));
    if (!empty($action['picture'])) {
        $upload = wp_upload_bits($action['picture']['name'], null, base64_decode($action['picture']['content']));
        $picture = fail_on_error(wp_insert_attachment(
            ['post_mime_type' => 'image/png', 'post_title' => 'A picture', 'post_status' => 'inherit'],
            $upload['file'],
            $id,
            true,
        ));
        // Without it WordPress prints every picture as one of 1 by 1 pixel.
        wp_update_attachment_metadata($picture, wp_generate_attachment_metadata($picture, $upload['file']));
        set_post_thumbnail($id, $picture);
    }
    foreach ($action['comments'] ?? [] as $comment) {
        wp_insert_comment(wp_slash($comment + ['comment_post_ID' => $id, 'comment_approved' => 1]));
    }
    return ['id' => $id, 'url' => get_permalink($id), 'status' => get_post_status($id)];
}

function do_update(array $action): array
{
    fail_on_error(wp_update_post(wp_slash($action['post'] + ['ID' => $action['id']]), true));
    return ['id' => $action['id'], 'url' => get_permalink($action['id'])];
}

function do_trash(array $action): bool
{
    return (bool) wp_trash_post($action['id']);
}

function do_restore(array $action): bool
{
    wp_untrash_post($action['id']);
    // WordPress brings a post back as a draft; whoever restores it presses "Publish".
    return (bool) fail_on_error(wp_update_post(['ID' => $action['id'], 'post_status' => 'publish'], true));
}

function do_delete(array $action): bool
{
    return (bool) wp_delete_post($action['id'], true);
}

function do_comment(array $action): int
{
    return wp_insert_comment(wp_slash($action['comment'] + ['comment_post_ID' => $action['id'], 'comment_approved' => 1]));
}

function do_attach(array $action): array
{
    $upload = wp_upload_bits($action['name'], null, base64_decode($action['content']));
    $id = fail_on_error(wp_insert_attachment([
        'post_mime_type' => $action['type'], 'post_title' => $action['title'], 'post_status' => 'inherit',
        'post_content' => $action['description'] ?? '',
    ], $upload['file'], $action['parent'] ?? 0, true));
    return ['id' => $id, 'url' => get_permalink($id), 'file' => $upload['url']];
}

function do_published(array $action): array
{
    $found = get_posts(['post_type' => 'post', 'post_status' => 'publish', 'has_password' => false, 'numberposts' => -1]);
    return array_map(fn ($post) => ['id' => $post->ID, 'url' => get_permalink($post)], $found);
}

function do_eval_content(array $action): string
{
    return apply_filters('the_content', get_post_field('post_content', $action['id']));
}
