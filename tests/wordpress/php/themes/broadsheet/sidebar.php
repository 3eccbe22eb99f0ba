<div id="sidebar" role="complementary">
  <ul>
    <li><?php get_search_form(); ?></li>
    <li><h2>Recent Posts</h2><ul><?php wp_get_archives(['type' => 'postbypost', 'limit' => 5]); ?></ul></li>
    <li><h2>Archives</h2><ul><?php wp_get_archives(['type' => 'monthly']); ?></ul></li>
    <?php wp_list_categories(['title_li' => '<h2>Categories</h2>', 'show_count' => 1]); ?>
  </ul>
  <?php do_action('newsarchive_sidebar'); ?>
</div>
