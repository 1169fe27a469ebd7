from django.contrib.sitemaps.views import sitemap
from django.urls import path

from . import views
from .sitemaps import SITEMAPS

app_name = "programs"

urlpatterns = [
    path("", views.home, name="home"),
    path("programs/", views.programs, name="programs"),
    path("programs/compare/", views.compare, name="compare"),
    path("programs/guide/", views.guide, name="guide"),
    path("programs/<slug:slug>/", views.program, name="program"),
    path("learn/", views.learn, name="learn"),
    path("learn/articles.xml", views.articles_feed, name="articles_feed"),
    path("learn/<slug:slug>/", views.article, name="article"),
    path("get-help/", views.get_help, name="get_help"),
    path("get-help/for-someone/", views.help_for_someone, name="help_for_someone"),
    path("about/<slug:slug>/", views.page, name="page"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
]
