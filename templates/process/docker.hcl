# How the docker driver runs dynos that are made of a slug. A process with an image of its own brings its own system and user,
# and keeps docker's default capabilities; neither can gain privileges.

docker {
  # The system that slugs find around them: Heroku's, for which Heroku's buildpacks build. Any image will do that has a
  # shell, a user of the name below and no tag "latest", which would be pulled at every start.
  image = "heroku/heroku:24"

  # The image and every client know this user, and it may do nothing. All Linux capabilities are dropped as well.
  user     = "nobody"
  cap_drop = ["all"]
}
