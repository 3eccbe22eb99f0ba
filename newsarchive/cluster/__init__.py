"""Many machines for one archive: each runs workers, and PostgreSQL hands out the jobs.

    newsarchive cluster init --db postgresql://server/news      # once: the tables of the queue
    newsarchive worker --concurrency 4                          # on every machine
    newsarchive cluster status

The queue is Procrastinate (https://procrastinate.readthedocs.io), on the database that holds the archive: jobs, locks, retries,
periodic jobs and signs of life are its. A job is small and can be done again: one site is crawled or learned, one range of
captures read again, one WARC file taken in, one range of articles compared. What was fetched stands in the frontier, so that a
worker that is killed loses nothing: its jobs are taken up by another.

A process that crawls a site holds the site's lock in the database (`db.frontier.locks`), which ends with the process.
So no site is crawled twice at a time, even where the queue takes a slow worker for a dead one.
"""
