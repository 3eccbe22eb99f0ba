<?php get_header(); ?>
<div id="content" class="narrowcolumn">
<?php while (have_posts()) : the_post(); ?>
  <div class="page" id="post-<?php the_ID(); ?>"><h2><?php the_title(); ?></h2><div class="entry"><?php the_content(); ?></div></div>
<?php endwhile; ?>
</div>
<?php get_sidebar(); get_footer(); ?>
